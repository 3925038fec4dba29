#![no_main]

use hawser_fuzz::connection::{Input, check};

libfuzzer_sys::fuzz_target!(|input: Input| check(input));
