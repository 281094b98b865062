//! Mail into a folder, for development: nobody gets it, and whoever develops
//! can read it.

use std::{
    fs::{self, DirBuilder, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

use async_trait::async_trait;
use guildhall_application::ports::{Letter, MailError, Mailer};
use tokio::task::spawn_blocking;

use crate::message::{Sender, message};

/// Keeps mail in a folder, each as a file that mail programs open, and shows it
/// to whoever started the program.
pub struct FolderMailer {
    folder: PathBuf,
    sender: Sender,
    show: fn(&Letter, &Path),
    written: AtomicU32,
}

impl FolderMailer {
    /// A mailer into this folder, which is made when it is needed, readable for
    /// nobody else: mail holds tokens. `show` is told of each.
    #[must_use]
    pub fn new(folder: PathBuf, sender: Sender, show: fn(&Letter, &Path)) -> Self {
        Self { folder, sender, show, written: AtomicU32::new(0) }
    }

    fn path(&self) -> PathBuf {
        let number = self.written.fetch_add(1, Ordering::Relaxed);
        // Two programs may share the folder.
        self.folder.join(format!("{}-{number:05}.eml", std::process::id()))
    }
}

#[async_trait]
impl Mailer for FolderMailer {
    async fn send(&self, letter: &Letter) -> Result<(), MailError> {
        let content = message(&self.sender, letter)?.formatted();
        let (folder, path) = (self.folder.clone(), self.path());
        let written = spawn_blocking({
            let path = path.clone();
            move || write(&folder, &path, &content)
        });
        let written = written.await.map_err(io::Error::other).and_then(|written| written);
        written.map_err(|error| MailError::Unavailable(format!("{}: {error}", path.display())))?;
        (self.show)(letter, &path);
        Ok(())
    }
}

/// Writes a file that is there whole or not at all.
fn write(folder: &Path, path: &Path, content: &[u8]) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let unfinished = path.with_extension("tmp");
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
    file.write_all(content)?;
    drop(file);
    fs::rename(&unfinished, path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[tokio::test]
    async fn each_letter_is_a_file_that_only_its_owner_reads() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("mail");
        let sender: Sender = "no-reply@localhost".parse().unwrap();
        let mailer = FolderMailer::new(folder.clone(), sender, |_, _| {});
        for name in ["ada", "grace"] {
            let letter = Letter {
                to: format!("{name}@acme.com").parse().unwrap(),
                subject: "Hello".to_owned(),
                text: format!("Dear {name}.\n"),
            };
            mailer.send(&letter).await.unwrap();
        }
        let mut paths: Vec<_> =
            fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        assert_eq!(paths.len(), 2);
        for (path, name) in paths.iter().zip(["ada", "grace"]) {
            assert!(fs::read_to_string(path).unwrap().contains(&format!("Dear {name}.")));
            assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[tokio::test]
    async fn a_folder_that_cannot_be_written_to_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let sender: Sender = "no-reply@localhost".parse().unwrap();
        let mailer = FolderMailer::new(file.path().join("mail"), sender, |_, _| {});
        let letter = Letter {
            to: "ada@acme.com".parse().unwrap(),
            subject: String::new(),
            text: String::new(),
        };
        let Err(MailError::Unavailable(reason)) = mailer.send(&letter).await else { panic!() };
        assert!(reason.contains("mail"), "{reason}");
    }
}
