//! The file of an SQLite database, before SQLite gets to see it.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
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

/// Makes the folder of the file, for nobody else's eyes, where it is missing.
pub(crate) fn create_folder(path: &Path) -> io::Result<()> {
    let mut folders = fs::DirBuilder::new();
    folders.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut folders, 0o700);
    folders.create(folder(path))
}

/// Makes the file, for nobody else's eyes, where it is missing. SQLite takes an
/// empty file for an empty database, and gives its other files the mode of this
/// one.
pub(crate) fn create(path: &Path) -> io::Result<()> {
    match for_the_owner_alone().create_new(true).open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// How a file is opened to be written that nobody else may read.
pub(crate) fn for_the_owner_alone() -> fs::OpenOptions {
    let mut options = fs::OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Where the file is or will be, whichever links lead there: SQLite keeps its
/// other files beside it.
pub(crate) fn behind_links(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// The folder that a file lies in.
pub(crate) fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// The file that belongs to a database and has its name with that suffix.
pub(crate) fn companion(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
