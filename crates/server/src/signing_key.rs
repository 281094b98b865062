//! The key that signs checkpoints of the audit logs: from the configuration, or a
//! file of the data folder that is made when it is missing.

use std::{
    fs::{self, DirBuilder, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use guildhall_audit_log::SigningKey;

use crate::{config::Configuration, output::Failure};

const FILE: &str = "audit-signing-key";

/// Reads a key: its seed, 32 bytes in base64.
pub(crate) fn parse(text: &str) -> Result<SigningKey, &'static str> {
    let seed = BASE64_STANDARD.decode(text.trim()).ok();
    let seed: Option<[u8; 32]> = seed.and_then(|seed| seed.try_into().ok());
    seed.map(SigningKey::from_seed).ok_or("must be 32 random bytes in base64")
}

/// The key of this node; none on a machine without a data folder.
///
/// # Errors
///
/// When the file cannot be read or made.
pub(crate) fn of(configuration: &Configuration) -> Result<Option<SigningKey>, Failure> {
    if let Some(key) = &configuration.audit.signing_key {
        return Ok(Some(key.clone()));
    }
    let Some(folder) = &configuration.data_dir else { return Ok(None) };
    let path = folder.join(FILE);
    let failed = |error: &dyn std::fmt::Display| {
        let path = path.display();
        Failure::failed(format!(
            "The key that signs the audit logs, {path}, cannot be used: {error}. Mend the file, or \
             name a key with GUILDHALL_AUDIT_SIGNING_KEY."
        ))
    };
    let text = match fs::read_to_string(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            make(folder, &path).map_err(|error| failed(&error))?
        }
        read => read.map_err(|error| failed(&error))?,
    };
    parse(&text).map(Some).map_err(|error| failed(&error))
}

/// Puts a new key in the place of the old one, which is kept beside it. Says
/// where that is.
///
/// # Errors
///
/// When the configuration names the key, or the files cannot be written.
pub(crate) fn rotate(configuration: &Configuration) -> Result<(SigningKey, PathBuf), Failure> {
    if configuration.audit.signing_key.is_some() {
        let message =
            "The configuration names the key (GUILDHALL_AUDIT_SIGNING_KEY): change it there.";
        return Err(Failure::failed(message));
    }
    let old = of(configuration)?;
    let (Some(folder), Some(old)) = (&configuration.data_dir, old) else {
        return Err(Failure::failed("There is no data folder that the key could lie in."));
    };
    let path = folder.join(FILE);
    let kept = folder.join(format!("{FILE}.{}", old.verifying_key().id()));
    let failed = |error: io::Error| Failure::failed(format!("The key was not changed: {error}."));
    fs::rename(&path, &kept).map_err(failed)?;
    let text = make(folder, &path).map_err(failed)?;
    Ok((parse(&text).map_err(Failure::failed)?, kept))
}

/// Makes a file with a new key, readable for nobody else. Where another program
/// was quicker, its key is taken.
fn make(folder: &Path, path: &Path) -> io::Result<String> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let seed = guildhall_identity::random_seed().map_err(io::Error::other)?;
    let text = BASE64_STANDARD.encode(seed);
    // Whole or not at all, under a name of its own until then.
    let unfinished = folder.join(format!("{FILE}.{}.tmp", std::process::id()));
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    let linked = fs::hard_link(&unfinished, path);
    fs::remove_file(&unfinished)?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => fs::read_to_string(path),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_key_is_made_once_and_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        let made = make(folder.path(), &path).unwrap();
        assert_eq!(make(folder.path(), &path).unwrap(), made, "the first one stays");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(parse(&made).is_ok());
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for text in ["", "AAAA", "not base64", &BASE64_STANDARD.encode([1; 33])] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
