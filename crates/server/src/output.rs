//! What is said to the person or script that started the program: results on
//! standard output, complaints on standard error.

use std::{
    fmt::{self, Display},
    io::{self, Write},
    process::ExitCode,
};

/// Why a command did not do what it was asked, in a sentence that helps.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    code: u8,
}

impl Failure {
    /// Something did not work, or was found not to be as it should: exit code 1.
    pub(crate) fn failed(message: impl Display) -> Self {
        Self { message: message.to_string(), code: 1 }
    }

    /// The command line or the configuration is wrong: exit code 2.
    pub(crate) fn usage(message: impl Display) -> Self {
        Self { message: message.to_string(), code: 2 }
    }

    /// The same as what a check was asked to find: exit code 1.
    pub(crate) fn into_finding(self) -> Self {
        Self { code: 1, ..self }
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code)
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Writes a line to standard output. A reader who has left is no error.
pub(crate) fn line(text: impl Display) {
    let mut stdout = io::stdout().lock();
    let _ = writeln!(stdout, "{text}").and_then(|()| stdout.flush());
}

/// Writes a text that has its own line ends to standard output.
pub(crate) fn text(text: &str) {
    let mut stdout = io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

/// Writes a complaint to standard error.
pub(crate) fn error(text: impl Display) {
    let _ = writeln!(io::stderr().lock(), "guildhall: {text}");
}

/// Writes a remark to standard error.
pub(crate) fn note(text: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}
