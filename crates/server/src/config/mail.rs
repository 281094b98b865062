//! Where mail goes, and where the links in it lead.

use std::path::{Path, PathBuf};

use guildhall_application::mail::MailLinks;
use guildhall_mail::{Sender, SmtpUrl};

use super::{Mode, reader::Reader};

/// Where mail goes.
#[derive(Debug, Clone)]
pub(crate) enum MailSettings {
    /// To a mail server.
    Smtp {
        /// Where that is.
        url: SmtpUrl,
        /// Whom mail is from.
        sender: Sender,
    },
    /// Into a folder, for whoever develops.
    Folder {
        /// Where that is.
        path: PathBuf,
        /// Whom mail is from.
        sender: Sender,
    },
}

/// Reads where mail goes: to a mail server if one is named, and else, in
/// development, into a folder of the data folder.
pub(super) fn settings(
    reader: &mut Reader<'_>,
    mode: Mode,
    data_dir: Option<&Path>,
) -> Option<MailSettings> {
    let url = reader.secret("mail.smtp_url", str::parse::<SmtpUrl>);
    let sender = reader.value("mail.from", str::parse::<Sender>);
    if reader.is_set("mail.smtp_url") && !reader.is_set("mail.from") {
        reader.fault("GUILDHALL_MAIL_SMTP_URL takes GUILDHALL_MAIL_FROM: whom mail is from.");
    }
    match (url, sender) {
        (Some(url), sender) => Some(MailSettings::Smtp { url, sender: sender? }),
        (None, sender) if mode == Mode::Development => {
            let sender = sender.or_else(|| "Guildhall <guildhall@localhost>".parse().ok())?;
            Some(MailSettings::Folder { path: data_dir?.join("mail"), sender })
        }
        (None, _) => None,
    }
}

/// Reads where the links in mail lead.
pub(super) fn links(reader: &mut Reader<'_>) -> MailLinks {
    MailLinks {
        invitation: reader.value("mail.invitation_link", str::parse),
        email_verification: reader.value("mail.verification_link", str::parse),
        password_reset: reader.value("mail.password_link", str::parse),
    }
}
