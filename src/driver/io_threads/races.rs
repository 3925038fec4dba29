//! All that crosses threads, at once: orders and deliveries, wake-ups, connections that move from
//! thread to thread, a broadcast, a drain and the end. What is sent must arrive once and in order,
//! both ways. `npm run test:races` runs this with a build that looks for data races.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use socket2::Socket;

use super::tests::leaked_cell;
use super::*;
use crate::connection::{Connection, ConnectionConfig, InboundBudget};
use crate::protocol::{DecoderConfig, Limits, Role};

const CONNECTIONS: u64 = 6;
const THREADS: usize = 2;
const ROUNDS: u32 = 200;

/// A connection, as JavaScript's thread knows it.
struct Mobile {
    thread: usize,
    /// It has been asked for, and is not here yet.
    is_returning: bool,
    /// What is sent meanwhile.
    waiting: Vec<u8>,
    /// How many numbers have been sent.
    sent: u32,
    heard: u32,
    budget: Arc<InboundBudget>,
    cells: [&'static AtomicU64; 3],
}

struct Everyone {
    pool: Pool,
    connections: Vec<Mobile>,
}

#[test]
fn all_arrives_once_and_in_order_while_connections_move() {
    let (mut everyone, peers) = Everyone::new();
    for round in 0..ROUNDS {
        for key in 0..CONNECTIONS {
            everyone.send(key);
            if (u64::from(round) + key).is_multiple_of(5) {
                everyone.ask_back(key);
            }
        }
        everyone.pool.flush();
        everyone.collect();
        if round.is_multiple_of(50) {
            let soon = Instant::now() + Duration::from_millis(20);
            everyone.pool.drain(soon);
        }
    }
    let patience = Instant::now() + Duration::from_secs(60);
    while !everyone.is_done() {
        assert!(Instant::now() < patience, "something has been lost");
        everyone.collect();
        everyone.pool.flush();
        thread::yield_now();
    }
    everyone
        .pool
        .drain(Instant::now() + Duration::from_secs(20));
    everyone.pool.shut_down();
    for peer in peers {
        assert_eq!(peer.join().unwrap(), ROUNDS);
    }
}

#[test]
fn the_end_comes_at_any_time() {
    for rounds in 0..12u32 {
        let (mut everyone, peers) = Everyone::new();
        for round in 0..rounds {
            for key in 0..CONNECTIONS {
                everyone.send(key);
                if round.is_multiple_of(3) {
                    everyone.ask_back(key);
                }
            }
            everyone.pool.flush();
            if round.is_multiple_of(2) {
                everyone.collect();
            }
        }
        drop(everyone.pool.shut_down());
        for peer in peers {
            assert!(peer.join().unwrap() <= rounds);
        }
    }
}

impl Everyone {
    fn new() -> (Self, Vec<thread::JoinHandle<u32>>) {
        let woken = AtomicBool::new(false);
        let mut pool = Pool::new(move || woken.store(true, Ordering::Relaxed));
        pool.ensure(THREADS - 1).unwrap();
        let mut everyone = Self {
            pool,
            connections: Vec::new(),
        };
        let peers = (0..CONNECTIONS).map(|key| everyone.connect(key)).collect();
        (everyone, peers)
    }

    fn connect(&mut self, key: Key) -> thread::JoinHandle<u32> {
        let (ours, theirs) = UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        let config = ConnectionConfig {
            decoder: DecoderConfig {
                role: Role::Client,
                limits: Limits::default(),
                skip_utf8_validation: false,
                inflate: None,
            },
            deflate: None,
            keep_fragments: false,
        };
        self.connections.push(Mobile {
            thread: key as usize % THREADS,
            is_returning: false,
            waiting: Vec::new(),
            sent: 0,
            heard: 0,
            budget: Arc::default(),
            cells: std::array::from_fn(|_| leaked_cell()),
        });
        self.open(key, Socket::from(ours), Box::new(Connection::new(&config)));
        thread::spawn(move || play_peer(theirs))
    }

    fn open(&mut self, key: Key, socket: Socket, connection: Box<Connection>) {
        let mobile = &self.connections[key as usize];
        let cells = mobile.cells.map(std::ptr::from_ref);
        let new = NewConnection {
            key,
            socket,
            connection,
            accounted: 0,
            reading: Reading::Begun,
            budget: Arc::clone(&mobile.budget),
            // SAFETY: the cells are leaked, and each connection has its own.
            progress: unsafe { Progress::new(cells) },
        };
        self.command(key, CommandKind::Open(Box::new(new)));
    }

    fn command(&mut self, key: Key, kind: CommandKind) {
        let thread = self.connections[key as usize].thread;
        self.pool.command(thread, Command { key, kind });
    }

    /// Sends the next number: by itself, or as a broadcast to one.
    fn send(&mut self, key: Key) {
        let mobile = &mut self.connections[key as usize];
        let bytes = mobile.sent.to_be_bytes().to_vec();
        mobile.sent += 1;
        if mobile.is_returning {
            mobile.waiting.extend(bytes);
        } else if mobile.sent.is_multiple_of(3) {
            let thread = mobile.thread;
            self.pool.broadcast(thread, key, &Bytes::from(bytes));
        } else {
            let marks = vec![bytes.len()];
            self.command(key, CommandKind::Write { bytes, marks });
        }
    }

    fn ask_back(&mut self, key: Key) {
        if !std::mem::replace(&mut self.connections[key as usize].is_returning, true) {
            self.command(key, CommandKind::Return);
        }
    }

    fn collect(&mut self) {
        for delivery in self.pool.collect() {
            let key = delivery.key;
            if self.connections[key as usize]
                .budget
                .release(delivery.charged)
            {
                self.command(key, CommandKind::Unstall);
            }
            for item in delivery.items {
                match item {
                    Item::Message(..) => self.connections[key as usize].heard += 1,
                    Item::Returned(returned) => {
                        let mobile = &mut self.connections[key as usize];
                        mobile.thread = (mobile.thread + 1) % THREADS;
                        self.open(key, returned.socket, returned.connection);
                        self.is_back(key);
                    }
                    Item::Kept => self.is_back(key),
                    _ => {}
                }
            }
        }
    }

    fn is_back(&mut self, key: Key) {
        let mobile = &mut self.connections[key as usize];
        mobile.is_returning = false;
        let bytes = std::mem::take(&mut mobile.waiting);
        let marks = vec![];
        self.command(key, CommandKind::Write { bytes, marks });
    }

    fn is_done(&self) -> bool {
        let mut connections = self.connections.iter();
        connections.all(|mobile| !mobile.is_returning && mobile.heard == ROUNDS)
    }
}

/// Sends messages and checks what comes; returns how many numbers came.
fn play_peer(mut socket: UnixStream) -> u32 {
    let mut writer = socket.try_clone().unwrap();
    let writing = thread::spawn(move || {
        for _ in 0..ROUNDS {
            // The other end may be gone.
            if writer.write_all(b"\x81\x05hello").is_err() {
                break;
            }
        }
    });
    let mut count = 0u32;
    let mut number = [0; 4];
    while socket.read_exact(&mut number).is_ok() {
        assert_eq!(u32::from_be_bytes(number), count);
        count += 1;
    }
    drop(socket);
    writing.join().unwrap();
    count
}
