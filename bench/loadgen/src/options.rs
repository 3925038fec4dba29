//! The command line: a mode, then `--name value` pairs. One flat set of options serves all modes; each takes what it
//! needs and leaves the rest at its default.

use crate::fault::{Fault, Result};
use crate::payload::Kind;

/// What the client offers of permessage-deflate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Deflate {
    Off,
    Takeover,
    NoTakeover,
}

#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) port: u16,
    /// The process that is measured: its CPU time and memory are read from `/proc`.
    pub(crate) pid: Option<u32>,
    pub(crate) connections: usize,
    pub(crate) in_flight: usize,
    pub(crate) size: usize,
    pub(crate) payload: Kind,
    pub(crate) deflate: Deflate,
    pub(crate) warm_up: f64,
    pub(crate) seconds: f64,
    /// Ends the run before its time is over.
    pub(crate) operations: Option<u64>,
    /// Download: how many messages one request asks for.
    pub(crate) batch: usize,
    /// Idle: each connection has one message echoed before it falls silent.
    pub(crate) used: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            pid: None,
            connections: 1,
            in_flight: 1,
            size: 125,
            payload: Kind::Binary,
            deflate: Deflate::Off,
            warm_up: 0.5,
            seconds: 2.0,
            operations: None,
            batch: 16,
            used: false,
        }
    }
}

impl Options {
    pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self> {
        let mut options = Self::default();

        while let Some(name) = arguments.next() {
            let value = arguments
                .next()
                .ok_or_else(|| Fault::new(format!("{name} lacks its value")))?;
            options.set(&name, &value)?;
        }

        if options.connections == 0 || options.in_flight == 0 || options.batch == 0 {
            return Err(Fault::new(
                "--connections, --in-flight and --batch start at 1",
            ));
        }

        Ok(options)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<()> {
        match name {
            "--port" => self.port = number(name, value)?,
            "--pid" => self.pid = Some(number(name, value)?),
            "--connections" => self.connections = number(name, value)?,
            "--in-flight" => self.in_flight = number(name, value)?,
            "--size" => self.size = number(name, value)?,
            "--warm-up" => self.warm_up = number(name, value)?,
            "--seconds" => self.seconds = number(name, value)?,
            "--operations" => self.operations = Some(number(name, value)?),
            "--batch" => self.batch = number(name, value)?,
            "--used" => self.used = value == "yes",
            "--payload" => {
                self.payload = match value {
                    "binary" => Kind::Binary,
                    "ascii" => Kind::Ascii,
                    "text" => Kind::NonAscii,
                    "json" => Kind::Json,
                    _ => {
                        return Err(Fault::new(format!(
                            "{name}: binary, ascii, text or json, not {value}"
                        )));
                    }
                }
            }
            "--deflate" => {
                self.deflate = match value {
                    "off" => Deflate::Off,
                    "takeover" => Deflate::Takeover,
                    "no-takeover" => Deflate::NoTakeover,
                    _ => {
                        return Err(Fault::new(format!(
                            "{name}: off, takeover or no-takeover, not {value}"
                        )));
                    }
                }
            }
            _ => return Err(Fault::new(format!("unknown option {name}"))),
        }

        Ok(())
    }
}

fn number<T: std::str::FromStr>(name: &str, value: &str) -> Result<T> {
    value
        .parse()
        .map_err(|_| Fault::new(format!("{name}: not a number of its range: {value}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options> {
        Options::parse(line.split_whitespace().map(String::from))
    }

    #[test]
    fn options_are_read_and_the_rest_has_defaults() {
        let options = parse("--port 80 --size 7 --payload json --deflate takeover").unwrap();

        assert_eq!(
            (options.port, options.size, options.connections),
            (80, 7, 1)
        );
        assert_eq!(
            (options.payload, options.deflate),
            (Kind::Json, Deflate::Takeover)
        );
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for line in [
            "--port",
            "--port x",
            "--colour red",
            "--payload xml",
            "--connections 0",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
