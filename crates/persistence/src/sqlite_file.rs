//! The file of an SQLite database, before SQLite gets to see it.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::Path,
};

/// What every SQLite database begins with.
const HEADER: &[u8; 16] = b"SQLite format 3\0";

/// Whether the file can be read and holds anything but an SQLite database.
/// SQLite itself writes over what is shorter than a page.
pub(crate) fn holds_something_else(path: &Path) -> bool {
    let mut start = Vec::new();
    let read =
        File::open(path).and_then(|file| file.take(HEADER.len() as u64).read_to_end(&mut start));
    read.is_ok() && !start.is_empty() && start != HEADER
}

/// Makes the file and its folder, for nobody else's eyes, where they are
/// missing. SQLite takes an empty file for an empty database, and gives its
/// other files the mode of this one.
pub(crate) fn create(path: &Path) -> io::Result<()> {
    let mut folders = fs::DirBuilder::new();
    folders.recursive(true);
    let mut file = fs::OpenOptions::new();
    file.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
        folders.mode(0o700);
        file.mode(0o600);
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        folders.create(folder)?;
    }
    match file.open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}
