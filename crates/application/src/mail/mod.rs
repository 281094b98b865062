//! Mail: what is written in it, and how what is queued gets sent.

mod deliver;
mod letters;
mod links;

pub use deliver::DeliverMail;
pub use links::{LinkTemplate, LinkTemplateError, MailLinks};
