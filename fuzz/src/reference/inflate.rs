//! Inflating (RFC 1951), a symbol at a time.
//!
//! A step is taken when all its bits are there, or not at all: the place in the input is put back if
//! it runs out. What zlib does where the RFC leaves a choice, this does, too: codes that are
//! incomplete are allowed if they have a single symbol of one bit, or none, and fail when the
//! missing part is used.

/// Why inflating stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The data is not a deflate stream.
    Data,
    /// There is more than the limit allows.
    TooLarge,
    /// The data reaches back farther than the window that was agreed on. Whether zlib notices
    /// depends on how much it has been given room for: anything may come of it.
    BeyondWindow,
}

/// A deflate stream that is being read.
pub struct Inflate {
    /// What has come in and is not used up.
    input: Vec<u8>,
    /// The next bit of it.
    bit: usize,
    /// Everything that has come out, behind the dictionary.
    history: Vec<u8>,
    window: usize,
    block: Block,
    /// The present block is the last.
    is_last: bool,
    ended: bool,
}

enum Block {
    /// Between two blocks.
    None,
    Stored {
        left: usize,
    },
    Coded {
        literals: Code,
        distances: Code,
    },
}

/// The input ends in the middle of a step.
struct RunsOut;

enum Stop {
    RunsOut,
    Fault(Fault),
}

impl From<RunsOut> for Stop {
    fn from(_: RunsOut) -> Self {
        Self::RunsOut
    }
}

const BAD: Stop = Stop::Fault(Fault::Data);

impl Inflate {
    pub fn new(window_bits: u8, dictionary: Option<&[u8]>) -> Self {
        Self {
            input: Vec::new(),
            bit: 0,
            history: dictionary.unwrap_or_default().to_vec(),
            window: 1 << window_bits,
            block: Block::None,
            is_last: false,
            ended: false,
        }
    }

    /// Whether the last block has ended.
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// Takes more input; appends what comes of it to `out`, which may reach a length of `limit`.
    pub fn push(
        &mut self,
        input: &[u8],
        out: &mut Vec<u8>,
        limit: Option<usize>,
    ) -> Result<(), Fault> {
        self.input.drain(..self.bit / 8);
        self.bit %= 8;
        self.input.extend_from_slice(input);
        while !self.ended {
            if limit.is_some_and(|limit| out.len() > limit) {
                return Err(Fault::TooLarge);
            }
            let before = (self.bit, self.history.len());
            match self.step() {
                Ok(()) => out.extend_from_slice(&self.history[before.1..]),
                Err(Stop::RunsOut) => {
                    self.bit = before.0;
                    return Ok(());
                }
                Err(Stop::Fault(fault)) => return Err(fault),
            }
            if let Some(limit) = limit {
                // One byte above is enough to know.
                out.truncate(limit + 1);
            }
        }
        match limit {
            Some(limit) if out.len() > limit => Err(Fault::TooLarge),
            _ => Ok(()),
        }
    }

    fn step(&mut self) -> Result<(), Stop> {
        match &mut self.block {
            Block::None => self.begin_block(),
            Block::Stored { left: 0 } => {
                self.end_block();
                Ok(())
            }
            Block::Stored { left } => {
                let byte = *self.input.get(self.bit / 8).ok_or(Stop::RunsOut)?;
                *left -= 1;
                self.bit += 8;
                self.history.push(byte);
                Ok(())
            }
            Block::Coded { .. } => self.symbol(),
        }
    }

    fn begin_block(&mut self) -> Result<(), Stop> {
        let is_last = self.bits(1)? == 1;
        self.block = match self.bits(2)? {
            0 => {
                self.bit = self.bit.next_multiple_of(8);
                let (length, inverse) = (self.bits(16)?, self.bits(16)?);
                if length != !inverse & 0xffff {
                    return Err(BAD);
                }
                Block::Stored { left: length }
            }
            1 => Block::Coded {
                literals: Code::fixed_literals(),
                distances: Code::fixed_distances(),
            },
            2 => self.dynamic_codes()?,
            _ => return Err(BAD),
        };
        self.is_last = is_last;
        Ok(())
    }

    fn end_block(&mut self) {
        self.block = Block::None;
        self.ended = self.is_last;
    }

    fn dynamic_codes(&mut self) -> Result<Block, Stop> {
        let (literals, distances) = (self.bits(5)? + 257, self.bits(5)? + 1);
        let count = self.bits(4)? + 4;
        if literals > 286 || distances > 30 {
            return Err(BAD);
        }
        const ORDER: [usize; 19] = [
            16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
        ];
        let mut lengths = [0; 19];
        for &place in &ORDER[..count] {
            lengths[place] = self.bits(3)?;
        }
        let code = Code::new(&lengths);
        let none = lengths == [0; 19];
        if !none && !code.is_complete() {
            return Err(BAD);
        }
        let mut lengths = Vec::new();
        while lengths.len() < literals + distances {
            // zlib reads a code without symbols as if each bit were a zero.
            let symbol = if none {
                self.bits(1).map(|_| 0)?
            } else {
                self.decode(&code)?
            };
            let (value, times) = match symbol {
                16 => {
                    let times = self.bits(2)? + 3;
                    (*lengths.last().ok_or(BAD)?, times)
                }
                17 => (0, self.bits(3)? + 3),
                18 => (0, self.bits(7)? + 11),
                length => (length, 1),
            };
            lengths.extend(std::iter::repeat_n(value, times));
        }
        if lengths.len() > literals + distances || lengths[256] == 0 {
            return Err(BAD);
        }
        let (literals, distances) = lengths.split_at(literals);
        let (literals, distances) = (Code::new(literals), Code::new(distances));
        if !literals.is_allowed() || !distances.is_allowed() {
            return Err(BAD);
        }
        Ok(Block::Coded {
            literals,
            distances,
        })
    }

    /// Reads a literal, a copy, or the end of the block.
    fn symbol(&mut self) -> Result<(), Stop> {
        const LENGTHS: [(usize, usize); 29] = [
            (3, 0),
            (4, 0),
            (5, 0),
            (6, 0),
            (7, 0),
            (8, 0),
            (9, 0),
            (10, 0),
            (11, 1),
            (13, 1),
            (15, 1),
            (17, 1),
            (19, 2),
            (23, 2),
            (27, 2),
            (31, 2),
            (35, 3),
            (43, 3),
            (51, 3),
            (59, 3),
            (67, 4),
            (83, 4),
            (99, 4),
            (115, 4),
            (131, 5),
            (163, 5),
            (195, 5),
            (227, 5),
            (258, 0),
        ];
        let block = std::mem::replace(&mut self.block, Block::None);
        let Block::Coded {
            literals,
            distances,
        } = &block
        else {
            return Ok(());
        };
        let read = (|| {
            let symbol = self.decode(literals)?;
            if symbol <= 256 {
                return Ok((symbol, 0, 0));
            }
            let &(base, extra) = LENGTHS.get(symbol - 257).ok_or(BAD)?;
            let length = base + self.bits(extra)?;
            let symbol = self.decode(distances)?;
            let distance = match symbol {
                0..=3 => symbol + 1,
                4..=29 => {
                    let extra = symbol / 2 - 1;
                    ((2 + symbol % 2) << extra) + 1 + self.bits(extra)?
                }
                _ => return Err(BAD),
            };
            Ok((symbol, length, distance))
        })();
        self.block = block;
        match read? {
            (256, 0, _) => self.end_block(),
            (literal, 0, _) => self.history.push(literal as u8),
            (_, length, distance) => {
                if distance > self.history.len() {
                    return Err(BAD);
                }
                if distance > self.window {
                    return Err(Stop::Fault(Fault::BeyondWindow));
                }
                for _ in 0..length {
                    self.history
                        .push(self.history[self.history.len() - distance]);
                }
            }
        }
        Ok(())
    }

    fn bits(&mut self, count: usize) -> Result<usize, RunsOut> {
        let mut value = 0;
        for place in 0..count {
            let byte = *self.input.get(self.bit / 8).ok_or(RunsOut)?;
            value |= usize::from(byte >> (self.bit % 8) & 1) << place;
            self.bit += 1;
        }
        Ok(value)
    }

    fn decode(&mut self, code: &Code) -> Result<usize, Stop> {
        let mut word = 0;
        for length in 1..=code.longest().max(1) {
            word = word << 1 | self.bits(1)?;
            if let Some((first, symbols)) = code.words.get(length)
                && let Some(&symbol) = symbols.get(word - first)
            {
                return Ok(symbol);
            }
        }
        Err(BAD)
    }
}

/// A prefix code.
struct Code {
    /// For each length in bits the first of its words, and the symbols that it and those behind it
    /// stand for.
    words: Vec<(usize, Vec<usize>)>,
    /// How many more words of the longest length there would be room for.
    left: i64,
}

impl Code {
    /// The canonical code with these lengths (RFC 1951 section 3.2.2).
    fn new(lengths: &[usize]) -> Self {
        let longest = lengths.iter().copied().max().unwrap_or(0);
        let mut words = vec![(0, Vec::new()); longest + 1];
        for (symbol, &length) in lengths
            .iter()
            .enumerate()
            .filter(|(_, length)| **length > 0)
        {
            words[length].1.push(symbol);
        }
        let mut next = 0;
        let mut left = 1;
        for (first, symbols) in &mut words[1..] {
            next <<= 1;
            *first = next;
            next += symbols.len();
            left = (left << 1) - symbols.len() as i64;
            if left < 0 {
                break;
            }
        }
        Self { words, left }
    }

    fn fixed_literals() -> Self {
        let lengths = [[8; 144].as_slice(), &[9; 112], &[7; 24], &[8; 8]].concat();
        Self::new(&lengths)
    }

    fn fixed_distances() -> Self {
        Self::new(&[5; 32])
    }

    fn longest(&self) -> usize {
        self.words.len() - 1
    }

    fn is_complete(&self) -> bool {
        self.left == 0 && self.longest() > 0
    }

    fn is_allowed(&self) -> bool {
        self.left == 0 || (self.left > 0 && self.longest() <= 1)
    }
}
