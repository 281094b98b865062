//! Mail as people get it: from the folder into which a server in development
//! puts it.

use crate::support::{Installation, until};

/// Every mail to an address so far, oldest first.
pub(crate) fn mail_to(installation: &Installation, address: &str) -> Vec<String> {
    let Ok(files) = std::fs::read_dir(installation.folder().join("mail")) else {
        return Vec::new();
    };
    let to = format!("\r\nto: {address}\r\n").to_lowercase();
    let mut mail: Vec<_> = files
        .map(|file| file.unwrap())
        .filter(|file| file.path().extension().is_some_and(|end| end == "eml"))
        .map(|file| (file.metadata().unwrap().modified().unwrap(), file.path()))
        .collect();
    mail.sort();
    let texts = mail.into_iter().map(|(_, path)| std::fs::read_to_string(path).unwrap());
    texts.filter(|text| text.to_lowercase().contains(&to)).collect()
}

/// The token in the mail to an address that comes as the `number`th, from 1.
pub(crate) async fn token_to(installation: &Installation, address: &str, number: usize) -> String {
    let mut mail = Vec::new();
    let has_come = || {
        mail = mail_to(installation, address);
        mail.len() >= number
    };
    until(&format!("mail {number} to {address}"), has_come).await;
    token_in(&mail[number - 1])
}

/// What a mail says, out of its transfer encoding (quoted-printable).
pub(crate) fn decoded(mail: &str) -> String {
    mail.replace("=\r\n", "").replace("=\n", "").replace("=3D", "=")
}

/// The token that a mail carries.
pub(crate) fn token_in(mail: &str) -> String {
    let mail = decoded(mail);
    let from = mail.find("gh_").unwrap_or_else(|| panic!("no token: {mail}"));
    mail[from..].split_whitespace().next().unwrap().to_owned()
}
