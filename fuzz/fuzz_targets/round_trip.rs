#![no_main]

use hawser_fuzz::round_trip::{Input, check};

libfuzzer_sys::fuzz_target!(|input: Input| check(input));
