//! Guildhall's mail: by SMTP, or into a folder while there is no mail server.

mod folder;
mod message;
mod smtp;

pub use folder::FolderMailer;
pub use message::{Sender, SenderError};
pub use smtp::{SmtpMailer, SmtpUrl, SmtpUrlError};
