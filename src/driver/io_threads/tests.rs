//! The pool without JavaScript: a socket pair, commands in, deliveries out.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::atomic::AtomicU64;
use std::sync::mpsc;

use socket2::Socket;

use super::*;
use crate::connection::{Connection, ConnectionConfig, InboundBudget};
use crate::driver::socket::{self, Received};
use crate::protocol::{Decoder, DecoderConfig, Event, Limits, MessageKind, Payload, Role};

struct Fixture {
    pool: Pool,
    woken: mpsc::Receiver<()>,
    peer: UnixStream,
    seen: Vec<Item>,
    arena: Vec<u8>,
    budget: Arc<InboundBudget>,
    released: &'static AtomicU64,
}

impl Fixture {
    fn new() -> Self {
        let (sender, woken) = mpsc::channel();
        let mut pool = Pool::new(move || {
            let _ = sender.send(());
        });
        let (ours, peer) = UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        let budget = Arc::new(InboundBudget::default());
        let released = leaked_cell();
        let open = CommandKind::Open(Box::new(NewConnection {
            key: 7,
            socket: Socket::from(ours),
            connection: Box::new(Connection::new(&ConnectionConfig {
                decoder: DecoderConfig {
                    role: Role::Client,
                    limits: Limits::default(),
                    skip_utf8_validation: false,
                    inflate: None,
                },
                deflate: None,
                keep_fragments: false,
            })),
            reading: Reading::ToBegin,
            accounted: 0,
            budget: Arc::clone(&budget),
            progress: progress(released),
        }));
        pool.ensure(0).unwrap();
        pool.command(0, Command { key: 7, kind: open });
        let mut fixture = Self {
            pool,
            woken,
            peer,
            seen: Vec::new(),
            arena: Vec::new(),
            budget,
            released,
        };
        fixture.tell(CommandKind::Start {
            head: Vec::new(),
            decoder: None,
        });
        fixture
    }

    fn tell(&mut self, kind: CommandKind) {
        self.pool.command(0, Command { key: 7, kind });
        self.pool.flush();
    }

    /// Waits until something that `is_it` has been delivered.
    fn wait_for(&mut self, is_it: impl Fn(&Item) -> bool) {
        while !self.seen.iter().any(&is_it) {
            self.woken.recv_timeout(Duration::from_secs(20)).unwrap();
            for mut delivery in self.pool.collect() {
                self.seen.append(&mut delivery.items);
                self.arena.append(&mut delivery.arena);
                if self.budget.release(delivery.charged) {
                    self.tell(CommandKind::Unstall);
                }
            }
        }
    }
}

/// The memory checker knows this one by its name.
#[inline(never)]
pub(super) fn leaked_cell() -> &'static AtomicU64 {
    Box::leak(Box::default())
}

fn progress(released: &'static AtomicU64) -> Progress {
    let cells: [*const AtomicU64; 3] = [released, leaked_cell(), leaked_cell()];
    // SAFETY: the cells are leaked and live for ever.
    unsafe { Progress::new(cells) }
}

#[test]
fn messages_come_out_and_frames_go_in() {
    let mut fixture = Fixture::new();
    fixture.peer.write_all(b"\x81\x02hi\x89\x01p").unwrap();
    fixture.wait_for(|item| matches!(item, Item::Ping(_)));
    assert!(matches!(
        fixture.seen[0],
        Item::Message(MessageKind::Text, _)
    ));
    assert_eq!(fixture.arena, b"hip");

    fixture.tell(CommandKind::Write {
        bytes: b"frame".to_vec(),
        marks: vec![2, 5],
    });
    let mut received = [0; 5];
    fixture.peer.read_exact(&mut received).unwrap();
    assert_eq!(&received, b"frame");
    fixture.wait_for(|item| matches!(item, Item::Sent(2)));
    let released = fixture.released.load(std::sync::atomic::Ordering::Relaxed);
    assert!((f64::from_bits(released) - 5.0).abs() < f64::EPSILON);
    fixture.pool.shut_down();
}

#[test]
fn a_fin_that_comes_with_data_is_seen() {
    let mut fixture = Fixture::new();
    fixture.peer.write_all(b"\x81\x02hi").unwrap();
    fixture.peer.shutdown(std::net::Shutdown::Write).unwrap();
    fixture.wait_for(|item| matches!(item, Item::End));
    fixture.tell(CommandKind::Shutdown);
    fixture.wait_for(|item| matches!(item, Item::ShutDown));
    fixture.tell(CommandKind::Close);
    fixture.wait_for(|item| matches!(item, Item::Closed));
    fixture.pool.shut_down();
}

#[test]
fn a_peer_that_does_not_read_blocks_only_its_own_queue_and_drains_later() {
    let mut fixture = Fixture::new();
    fixture.tell(CommandKind::Write {
        bytes: vec![1; 8 << 20],
        marks: vec![8 << 20],
    });
    // The thread says how much was written when the socket takes no more.
    let patience = Instant::now() + Duration::from_secs(20);
    while fixture.released.load(std::sync::atomic::Ordering::Relaxed) == 0 {
        assert!(Instant::now() < patience);
        std::thread::yield_now();
    }
    let mut rest = 8 << 20;
    let mut buffer = vec![0; 1 << 16];
    while rest > 0 {
        rest -= fixture.peer.read(&mut buffer).unwrap();
    }
    fixture.wait_for(|item| matches!(item, Item::Drained));
    fixture.wait_for(|item| matches!(item, Item::Sent(1)));
    fixture.pool.shut_down();
}

#[test]
fn what_javascript_does_not_take_is_bounded() {
    let mut fixture = Fixture::new();
    let mut frame = vec![0x82, 126, 0x40, 0x00];
    frame.resize(4 + 0x4000, 9);
    fixture.peer.set_nonblocking(true).unwrap();
    let mut sent = 0usize;
    // Nothing is collected: at some point the thread stops reading and the socket fills up.
    let patience = Instant::now() + Duration::from_secs(20);
    let mut blocked_since = None;
    while Instant::now() < patience {
        match fixture.peer.write(&frame[sent % frame.len()..]) {
            Ok(length) => {
                sent += length;
                blocked_since = None;
            }
            Err(_) => {
                let since = *blocked_since.get_or_insert_with(Instant::now);
                if since.elapsed() > Duration::from_millis(300) {
                    break;
                }
                std::thread::yield_now();
            }
        }
    }
    assert!(sent > 1 << 20, "{sent}");
    assert!(sent < 16 << 20, "{sent}");
    fixture.pool.shut_down();
}

#[test]
fn a_drain_waits_for_what_is_queued() {
    let mut fixture = Fixture::new();
    fixture.pool.command(
        0,
        Command {
            key: 7,
            kind: CommandKind::Write {
                bytes: b"last".to_vec(),
                marks: vec![],
            },
        },
    );
    fixture.pool.drain(Instant::now() + Duration::from_secs(5));
    let mut received = [0; 4];
    fixture.peer.read_exact(&mut received).unwrap();
    assert_eq!(&received, b"last");
    fixture.pool.shut_down();
}

#[test]
fn a_connection_comes_back_with_what_it_has_half_received() {
    let mut fixture = Fixture::new();
    fixture.peer.write_all(b"\x81\x02hi\x81\x05he").unwrap();
    fixture.wait_for(|item| matches!(item, Item::Message(..)));
    fixture.tell(CommandKind::Write {
        bytes: b"frame".to_vec(),
        marks: vec![5],
    });
    fixture.tell(CommandKind::Return);
    fixture.wait_for(|item| matches!(item, Item::Returned(_)));
    // What was queued before has been written, and its sender is told before.
    let [.., Item::Sent(1), Item::Returned(_)] = &fixture.seen[..] else {
        panic!("something else came last");
    };
    let mut received = [0; 5];
    fixture.peer.read_exact(&mut received).unwrap();
    assert_eq!(&received, b"frame");

    let Some(Item::Returned(mut returned)) = fixture.seen.pop() else {
        unreachable!();
    };
    fixture.peer.write_all(b"llo").unwrap();
    let mut buffer = [0; 100];
    let Received::Bytes(length) = socket::receive(&returned.socket, &mut buffer) else {
        panic!("nothing was read");
    };
    let decoder = &mut returned.connection.decoder;
    let mut input = decoder.begin(&mut buffer[..length]).unwrap();
    let Some(Event::Message { payload, .. }) = decoder.next(&mut input).unwrap() else {
        panic!("no message");
    };
    let Payload::Owned(payload) = payload else {
        panic!("it came in two pieces");
    };
    assert_eq!(payload, b"hello");
    fixture.pool.shut_down();
}

#[test]
fn a_connection_that_has_come_back_may_go_again() {
    let mut fixture = Fixture::new();
    fixture.tell(CommandKind::Return);
    fixture.wait_for(|item| matches!(item, Item::Returned(_)));
    let Some(Item::Returned(returned)) = fixture.seen.pop() else {
        unreachable!();
    };
    let open = NewConnection {
        key: 7,
        socket: returned.socket,
        connection: returned.connection,
        accounted: returned.accounted,
        reading: Reading::Begun,
        budget: Arc::clone(&fixture.budget),
        progress: progress(fixture.released),
    };
    fixture.tell(CommandKind::Open(Box::new(open)));
    fixture.peer.write_all(b"\x81\x02hi").unwrap();
    fixture.wait_for(|item| matches!(item, Item::Message(..)));
    fixture.pool.shut_down();
}

/// Takes the connection of a fixture back, and lets it go again while what was read is in hand.
fn interrupt(fixture: &mut Fixture) -> Box<Decoder> {
    fixture.tell(CommandKind::Return);
    fixture.wait_for(|item| matches!(item, Item::Returned(_)));
    let Some(Item::Returned(mut returned)) = fixture.seen.pop() else {
        unreachable!();
    };
    let decoder = returned.connection.take_decoder();
    let open = NewConnection {
        key: 7,
        socket: returned.socket,
        connection: returned.connection,
        accounted: returned.accounted,
        reading: Reading::Interrupted,
        budget: Arc::clone(&fixture.budget),
        progress: progress(fixture.released),
    };
    fixture.budget.count_received(100);
    fixture.tell(CommandKind::Open(Box::new(open)));
    decoder
}

#[test]
fn what_is_left_of_a_read_comes_before_what_is_read_next() {
    let mut fixture = Fixture::new();
    let mut decoder = interrupt(&mut fixture);
    fixture.peer.write_all(b"\x81\x02on").unwrap();
    let mut read = *b"\x81\x02go\x01\x02go";
    let mut input = decoder.begin(&mut read).unwrap();
    assert!(matches!(
        decoder.next(&mut input),
        Ok(Some(Event::Message { .. }))
    ));
    let rest = input.rest().to_vec();
    fixture.tell(CommandKind::GoOn { rest, decoder });
    fixture.peer.write_all(b"\x80\x02 on").unwrap();
    fixture.wait_for(|item| matches!(item, Item::Violation(_)));
    // "on" is a new message within one that has begun.
    assert!(
        !fixture
            .seen
            .iter()
            .any(|item| matches!(item, Item::Message(..)))
    );
    fixture.pool.shut_down();
}

#[test]
fn a_connection_that_is_closed_while_a_read_is_in_hand_is_not_read() {
    let mut fixture = Fixture::new();
    let decoder = interrupt(&mut fixture);
    fixture.peer.write_all(b"\x81\x02on").unwrap();
    fixture.tell(CommandKind::Close);
    fixture.tell(CommandKind::GoOn {
        rest: Vec::new(),
        decoder,
    });
    fixture.wait_for(|item| matches!(item, Item::Closed));
    assert!(
        !fixture
            .seen
            .iter()
            .any(|item| matches!(item, Item::Message(..)))
    );
    fixture.pool.shut_down();
}

#[test]
fn a_connection_that_waits_for_its_socket_stays() {
    let mut fixture = Fixture::new();
    fixture.tell(CommandKind::Write {
        bytes: vec![1; 8 << 20],
        marks: vec![],
    });
    fixture.tell(CommandKind::Return);
    fixture.wait_for(|item| matches!(item, Item::Kept));
    let mut rest = 8 << 20;
    let mut buffer = vec![0; 1 << 16];
    while rest > 0 {
        rest -= fixture.peer.read(&mut buffer).unwrap();
    }
    fixture.wait_for(|item| matches!(item, Item::Drained));
    fixture.pool.shut_down();
}

#[test]
fn a_broadcast_reaches_each_connection_behind_what_was_queued_before() {
    let mut fixture = Fixture::new();
    let frame = Bytes::from_static(b"news");
    let write = |bytes: &[u8]| Command {
        key: 7,
        kind: CommandKind::Write {
            bytes: bytes.to_vec(),
            marks: vec![],
        },
    };
    fixture.pool.command(0, write(b"one "));
    fixture.pool.broadcast(0, 7, &frame);
    fixture.pool.broadcast(0, 8, &frame); // It is gone.
    fixture.pool.broadcast(0, 7, &frame);
    fixture.pool.command(0, write(b" two"));
    fixture.pool.flush();
    let mut received = [0; 16];
    fixture.peer.read_exact(&mut received).unwrap();
    assert_eq!(&received, b"one newsnews two");
    fixture.pool.shut_down();
}
