//! Messages that go to many connections.
//!
//! `for (const client of wss.clients) client.send(data)` is the usual way to send to everyone. From
//! the second connection on the frame is made once and shared: with compression that saves most of
//! the work, and without it the copy in each connection's queue, which the processor's caches feel.
//!
//! The program may change its Buffer between two sends: a frame is used again only for a payload of
//! the very same bytes.

use bytes::Bytes;

use crate::protocol::{Encoder, FrameRecipe, MessageOptions};

/// What has been sent in this turn that others may be sent, too.
#[derive(Debug, Default)]
pub struct Broadcast {
    /// The last message, and which connection it was for.
    last: Option<(u64, Sent)>,
    frame: Option<SharedFrame>,
    /// The last payload that was copied, and which connection it was for.
    last_copied: Option<(u64, Sample)>,
    copied: Option<Bytes>,
}

/// A message, as far as it takes to guess that another is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sent {
    sample: Sample,
    recipe: FrameRecipe,
}

/// What a payload is known again by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sample {
    length: usize,
    /// Bytes of its beginning, its middle and its end.
    bytes: [u8; 24],
}

#[derive(Debug)]
struct SharedFrame {
    recipe: FrameRecipe,
    frame: Bytes,
    /// What was compressed. A plain frame ends with its payload.
    payload: Option<Bytes>,
    payload_length: usize,
}

impl Broadcast {
    /// The frame of a message that another connection has sent before in this turn; `None` if this
    /// is the first, or a message that only its own connection can send.
    pub fn frame(
        &mut self,
        connection: u64,
        payload: &[u8],
        encoder: &mut Encoder,
        options: MessageOptions,
    ) -> Option<&Bytes> {
        let recipe = encoder.recipe(payload.len(), options)?;
        if !self.has(payload, recipe) {
            let sample = Sample::of(payload);
            let sent = Sent { sample, recipe };
            match self.last.replace((connection, sent)) {
                Some((other, last)) if other != connection && last == sent => {}
                _ => return None,
            }
            self.frame = Some(SharedFrame::new(payload, encoder, options, recipe));
        }
        self.frame.as_ref().map(|shared| &shared.frame)
    }

    /// A copy of a payload whose frame is made elsewhere: from the second connection on the same one.
    pub fn copy(&mut self, connection: u64, payload: &[u8]) -> Bytes {
        if let Some(copied) = &self.copied
            && copied == payload
        {
            return copied.clone();
        }
        let copy = Bytes::copy_from_slice(payload);
        let sample = Sample::of(payload);
        if let Some((other, last)) = self.last_copied.replace((connection, sample))
            && other != connection
            && last == sample
        {
            self.copied = Some(copy.clone());
        }
        copy
    }

    /// Forgets what has been sent: a turn is over.
    pub fn clear(&mut self) {
        self.last = None;
        self.frame = None;
        self.last_copied = None;
        self.copied = None;
    }

    fn has(&self, payload: &[u8], recipe: FrameRecipe) -> bool {
        self.frame.as_ref().is_some_and(|shared| {
            shared.payload_length == payload.len()
                && shared.recipe == recipe
                && shared.payload() == payload
        })
    }
}

impl Sample {
    fn of(payload: &[u8]) -> Self {
        let mut bytes = [0; 24];
        let length = payload.len();
        if length <= bytes.len() {
            bytes[..length].copy_from_slice(payload);
        } else {
            let starts = [0, length / 2 - 4, length - 8];
            for (target, start) in bytes.chunks_exact_mut(8).zip(starts) {
                target.copy_from_slice(&payload[start..start + 8]);
            }
        }
        Self { length, bytes }
    }
}

impl SharedFrame {
    fn new(
        payload: &[u8],
        encoder: &mut Encoder,
        options: MessageOptions,
        recipe: FrameRecipe,
    ) -> Self {
        let mut frame = Vec::new();
        encoder.message(payload, options, &mut frame);
        Self {
            recipe,
            frame: Bytes::from(frame),
            payload: (!recipe.is_plain()).then(|| Bytes::copy_from_slice(payload)),
            payload_length: payload.len(),
        }
    }

    fn payload(&self) -> &[u8] {
        match &self.payload {
            Some(payload) => payload,
            None => &self.frame[self.frame.len() - self.payload_length..],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{DeflatePolicy, DeflaterConfig};

    const TEXT: MessageOptions = MessageOptions {
        binary: false,
        fin: true,
        compress: true,
        mask: None,
    };

    /// What another connection sends than the one before.
    fn frame(broadcast: &mut Broadcast, payload: &[u8], options: MessageOptions) -> Option<Bytes> {
        let connection = broadcast.last.map_or(0, |(last, _)| last + 1);
        let frame = broadcast.frame(connection, payload, &mut Encoder::new(None), options);
        frame.cloned()
    }

    #[test]
    fn the_second_of_a_kind_and_all_behind_it_share_a_frame() {
        let mut broadcast = Broadcast::default();
        assert_eq!(frame(&mut broadcast, b"Hello", TEXT), None);
        let second = frame(&mut broadcast, b"Hello", TEXT).unwrap();
        assert_eq!(second, &b"\x81\x05Hello"[..]);
        let copy = b"Hello".to_vec();
        let third = frame(&mut broadcast, &copy, TEXT).unwrap();
        assert_eq!(third.as_ptr(), second.as_ptr());

        broadcast.clear();
        assert_eq!(frame(&mut broadcast, b"Hello", TEXT), None);
    }

    #[test]
    fn payloads_that_look_alike_are_told_apart() {
        let mut broadcast = Broadcast::default();
        let mut payload = [b'a'; 100];
        frame(&mut broadcast, &payload, TEXT);
        payload[30] = b'b';
        let other = frame(&mut broadcast, &payload, TEXT).unwrap();
        assert!(other.ends_with(&payload));
        payload[30] = b'c';
        let third = frame(&mut broadcast, &payload, TEXT).unwrap();
        assert!(third.ends_with(&payload));
    }

    #[test]
    fn a_payload_that_was_changed_has_a_frame_of_its_own() {
        let mut broadcast = Broadcast::default();
        let mut payload = *b"Hello";
        frame(&mut broadcast, &payload, TEXT);
        frame(&mut broadcast, &payload, TEXT);
        payload[0] = b'J';
        assert_eq!(frame(&mut broadcast, &payload, TEXT), None);
        let changed = frame(&mut broadcast, &payload, TEXT).unwrap();
        assert_eq!(changed, &b"\x81\x05Jello"[..]);
    }

    #[test]
    fn what_one_connection_sends_again_is_not_shared() {
        let mut broadcast = Broadcast::default();
        let mut encoder = Encoder::new(None);
        for _ in 0..3 {
            assert_eq!(broadcast.frame(7, b"Hello", &mut encoder, TEXT), None);
        }
    }

    #[test]
    fn binary_messages_do_not_share_with_text() {
        let binary = MessageOptions {
            binary: true,
            ..TEXT
        };
        let mut broadcast = Broadcast::default();
        frame(&mut broadcast, b"Hello", TEXT);
        frame(&mut broadcast, b"Hello", TEXT);
        assert_eq!(frame(&mut broadcast, b"Hello", binary), None);
        let second = frame(&mut broadcast, b"Hello", binary).unwrap();
        assert_eq!(second, &b"\x82\x05Hello"[..]);
    }

    #[test]
    fn what_is_copied_for_many_is_copied_no_more_than_twice() {
        let mut broadcast = Broadcast::default();
        let mut payload = b"Hello".to_vec();
        let [_, second, third] = [1, 2, 3].map(|connection| broadcast.copy(connection, &payload));
        assert_eq!(second.as_ptr(), third.as_ptr());
        payload[0] = b'h';
        assert_eq!(broadcast.copy(4, &payload), &payload);
        assert_eq!(third, &b"Hello"[..]);
    }

    #[test]
    fn what_is_compressed_alike_is_compressed_once() {
        let deflater = DeflaterConfig {
            no_context_takeover: true,
            ..DeflaterConfig::default()
        };
        let policy = Some(DeflatePolicy {
            deflater,
            threshold: 0,
        });
        let payload = [b'a'; 100];
        let mut expected = Vec::new();
        Encoder::new(policy).message(&payload, TEXT, &mut expected);

        let mut broadcast = Broadcast::default();
        let mut shared = (0..3).map(|connection| {
            let mut encoder = Encoder::new(policy);
            broadcast
                .frame(connection, &payload, &mut encoder, TEXT)
                .map(|frame| (frame.as_ptr(), frame.to_vec()))
        });
        assert_eq!(shared.next(), Some(None));
        let second = shared.next().flatten().unwrap();
        assert_eq!(second.1, expected);
        assert_eq!(shared.next().flatten(), Some(second));
    }
}
