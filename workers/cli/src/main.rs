//! The program `chainwright`; all of it is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    chainwright_cli::main()
}
