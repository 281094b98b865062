//! A file that cannot be written.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Keeps a file from being opened to be written, until it is dropped.
pub struct WriteProtection {
    path: PathBuf,
}

impl WriteProtection {
    /// Protects that file, where the system can; says so where it cannot.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let protection = Self { path: path.to_owned() };
        protection.set_read_only(true);
        // Root is not bound by the mode.
        if protection.can_be_written() {
            protection.change_attribute("+i");
        }
        if !protection.can_be_written() {
            return Some(protection);
        }
        // Unlike `eprintln!`, this is not held back by the test harness.
        let _ = writeln!(io::stderr(), "No file can be protected from root here: none is.");
        None
    }

    fn can_be_written(&self) -> bool {
        File::options().write(true).open(&self.path).is_ok()
    }

    fn set_read_only(&self, is_read_only: bool) {
        let mut permissions = fs::metadata(&self.path).expect("the file exists").permissions();
        permissions.set_readonly(is_read_only);
        fs::set_permissions(&self.path, permissions).expect("the file is ours");
    }

    fn change_attribute(&self, change: &str) {
        let mut command = Command::new("chattr");
        let _ = command.arg(change).arg(&self.path).stderr(Stdio::null()).status();
    }
}

impl Drop for WriteProtection {
    fn drop(&mut self) {
        self.change_attribute("-i");
        self.set_read_only(false);
    }
}
