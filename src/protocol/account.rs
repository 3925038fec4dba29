//! What all connections of the process take together of something, and how much they may.
//!
//! An [`Account`] is two atomics. Whoever takes of it holds a [`Share`], which gives back what it has
//! taken when it is dropped: whatever ends a connection, nothing stays on the account. Counting is
//! exact across threads, because every change is one atomic addition; and it costs nothing as long
//! as a share does not change.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Something that is limited for the whole process.
#[derive(Debug)]
pub struct Account {
    taken: AtomicUsize,
    most: AtomicUsize,
}

impl Account {
    /// An account that has no limit yet.
    pub const fn unlimited() -> Self {
        Self {
            taken: AtomicUsize::new(0),
            most: AtomicUsize::new(usize::MAX),
        }
    }

    /// Sets the limit, for what is taken from now on; `None` for none.
    pub fn set_most(&self, most: Option<usize>) {
        self.most
            .store(most.unwrap_or(usize::MAX), Ordering::Relaxed);
    }

    /// Whether there is a limit.
    pub fn is_limited(&self) -> bool {
        self.most.load(Ordering::Relaxed) != usize::MAX
    }

    /// What is taken at present.
    pub fn taken(&self) -> usize {
        self.taken.load(Ordering::Relaxed)
    }
}

/// More than may be taken of an account has been.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exceeded;

/// What one holder has taken of an account.
#[derive(Debug)]
pub struct Share {
    account: &'static Account,
    amount: usize,
}

impl Share {
    pub const fn of(account: &'static Account) -> Self {
        Self { account, amount: 0 }
    }

    /// What has been taken.
    pub fn amount(&self) -> usize {
        self.amount
    }

    /// Changes what is taken. If it grows beyond the limit it is taken all the same, and the caller
    /// told, who has to end what it is for.
    pub fn set(&mut self, amount: usize) -> Result<(), Exceeded> {
        let before = std::mem::replace(&mut self.amount, amount);
        if amount <= before {
            if amount < before {
                self.account
                    .taken
                    .fetch_sub(before - amount, Ordering::Relaxed);
            }
            return Ok(());
        }
        let more = amount - before;
        let taken = self.account.taken.fetch_add(more, Ordering::Relaxed) + more;
        if taken > self.account.most.load(Ordering::Relaxed) {
            return Err(Exceeded);
        }
        Ok(())
    }

    /// How much this share may be, as things are; `None` if there is no limit.
    pub fn room(&self) -> Option<usize> {
        let most = self.account.most.load(Ordering::Relaxed);
        if most == usize::MAX {
            return None;
        }
        Some(most.saturating_sub(self.account.taken()) + self.amount)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        if self.amount > 0 {
            self.account.taken.fetch_sub(self.amount, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_is_given_back() {
        static ACCOUNT: Account = Account::unlimited();
        let mut a = Share::of(&ACCOUNT);
        let mut b = Share::of(&ACCOUNT);
        assert_eq!((a.set(5), b.set(7)), (Ok(()), Ok(())));
        assert_eq!((a.set(3), ACCOUNT.taken()), (Ok(()), 10));
        drop(b);
        assert_eq!(ACCOUNT.taken(), 3);
        drop(a);
        assert_eq!(ACCOUNT.taken(), 0);
    }

    #[test]
    fn the_limit_may_be_reached_and_not_passed() {
        static ACCOUNT: Account = Account::unlimited();
        let mut a = Share::of(&ACCOUNT);
        let mut b = Share::of(&ACCOUNT);
        assert_eq!(a.room(), None);
        ACCOUNT.set_most(Some(10));
        assert_eq!(a.set(4), Ok(()));
        assert_eq!(a.room(), Some(10));
        assert_eq!(b.room(), Some(6));
        assert_eq!(b.set(6), Ok(()));
        assert_eq!(b.set(7), Err(Exceeded));
        drop(b);
        assert_eq!(ACCOUNT.taken(), 4);
    }

    #[test]
    fn threads_count_exactly() {
        static ACCOUNT: Account = Account::unlimited();
        ACCOUNT.set_most(Some(1000));
        let rounds = if cfg!(miri) { 20 } else { 2000 };
        let threads: Vec<_> = (0..4)
            .map(|seed| {
                std::thread::spawn(move || {
                    for round in 0..rounds {
                        let mut share = Share::of(&ACCOUNT);
                        let within = share.set((seed + round) % 250 + 1);
                        assert_eq!(within, Ok(()), "four times 250 are not too many");
                        let _ = share.set(round % 7);
                    }
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(ACCOUNT.taken(), 0);
    }
}
