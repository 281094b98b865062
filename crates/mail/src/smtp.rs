//! Mail by SMTP (RFC 5321), over TLS.

use std::{fmt, str::FromStr, time::Duration};

use async_trait::async_trait;
use guildhall_application::ports::{Letter, MailError, Mailer};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use tokio::time::timeout;

use crate::message::{Sender, message};

/// How long the mail server may take for each step.
const STEP_TIMEOUT: Duration = Duration::from_secs(30);

/// How long it may take for a letter. Twenty of them are claimed for a quarter of an hour.
const LETTER_TIMEOUT: Duration = Duration::from_secs(40);

/// Where a mail server is: `smtps://USER:PASSWORD@HOST` (TLS from the start) or
/// `smtp://USER:PASSWORD@HOST:587?tls=required` (STARTTLS); without `tls` the
/// latter speaks in the clear. It cannot be printed: it has a password.
#[derive(Clone, PartialEq, Eq)]
pub struct SmtpUrl(String);

/// The text is no address of a mail server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be like smtps://USER:PASSWORD@HOST or smtp://USER:PASSWORD@HOST:587?tls=required")]
pub struct SmtpUrlError;

impl FromStr for SmtpUrl {
    type Err = SmtpUrlError;

    fn from_str(text: &str) -> Result<Self, SmtpUrlError> {
        let scheme = text.split_once("://").map(|(scheme, _)| scheme);
        let is_url = matches!(scheme, Some("smtp" | "smtps"))
            && AsyncSmtpTransport::<Tokio1Executor>::from_url(text).is_ok();
        if is_url { Ok(Self(text.to_owned())) } else { Err(SmtpUrlError) }
    }
}

impl fmt::Debug for SmtpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SmtpUrl(…)")
    }
}

/// Sends mail by a mail server, over a connection for each letter: a pool of
/// them could be made and dropped only inside of a Tokio runtime.
pub struct SmtpMailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    sender: Sender,
}

impl SmtpMailer {
    /// A mailer that connects when it first sends.
    ///
    /// # Errors
    ///
    /// [`SmtpUrlError`], which the address was checked for already.
    pub fn new(url: &SmtpUrl, sender: Sender) -> Result<Self, SmtpUrlError> {
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(&url.0);
        let transport = builder.map_err(|_| SmtpUrlError)?.timeout(Some(STEP_TIMEOUT)).build();
        Ok(Self { transport, sender })
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, letter: &Letter) -> Result<(), MailError> {
        let message = message(&self.sender, letter)?;
        match timeout(LETTER_TIMEOUT, self.transport.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            // 5xx: it will be the same the next time (RFC 5321, 4.2.1).
            Ok(Err(error)) if error.is_permanent() => Err(MailError::Refused(error.to_string())),
            Ok(Err(error)) => Err(MailError::Unavailable(error.to_string())),
            Err(_) => Err(MailError::Unavailable(format!("it took over {LETTER_TIMEOUT:?}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
        net::TcpListener,
    };

    use super::*;

    #[test]
    fn a_mailer_needs_no_runtime_until_it_sends() {
        let url: SmtpUrl = "smtps://user:hush@mail.acme.com".parse().unwrap();
        drop(SmtpMailer::new(&url, "no-reply@acme.com".parse().unwrap()).unwrap());
    }

    #[test]
    fn addresses_of_mail_servers() {
        for (text, taken) in [
            ("smtps://user:hush@mail.acme.com", true),
            ("smtp://user:hush@mail.acme.com:587?tls=required", true),
            ("smtp://localhost:25", true),
            ("http://mail.acme.com", false),
            ("mail.acme.com", false),
            ("smtp://mail.acme.com?tls=maybe", false),
            ("", false),
        ] {
            assert_eq!(text.parse::<SmtpUrl>().is_ok(), taken, "{text}");
        }
        let url: SmtpUrl = "smtps://user:hush@mail.acme.com".parse().unwrap();
        assert!(!format!("{url:?}").contains("hush"));
    }

    /// A mail server that answers recipients so, and returns what it was given.
    async fn conversation(answer: &'static str) -> (Result<(), MailError>, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("smtp://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let (reader, mut writer) = stream.split();
            let mut lines = BufReader::new(reader).lines();
            let mut heard = String::new();
            writer.write_all(b"220 test\r\n").await.unwrap();
            let mut in_data = false;
            while let Ok(Some(line)) = lines.next_line().await {
                heard.push_str(&line);
                heard.push('\n');
                let reply = match line.get(..4).unwrap_or(&line) {
                    "." => "250 taken\r\n",
                    _ if in_data => continue,
                    "RCPT" => answer,
                    "DATA" => "354 go on\r\n",
                    "QUIT" => break,
                    _ => "250 ok\r\n",
                };
                in_data = reply.starts_with("354");
                if writer.write_all(reply.as_bytes()).await.is_err() {
                    break;
                }
                if reply.starts_with("250 taken") {
                    break;
                }
            }
            heard
        });
        let sender = "no-reply@acme.com".parse().unwrap();
        let mailer = SmtpMailer::new(&url.parse().unwrap(), sender).unwrap();
        let letter = Letter {
            to: "ada@acme.com".parse().unwrap(),
            subject: "Hello".to_owned(),
            text: "A token.\n".to_owned(),
        };
        let result = mailer.send(&letter).await;
        drop(mailer);
        (result, server.await.unwrap())
    }

    #[tokio::test]
    async fn a_letter_is_handed_to_the_mail_server() {
        let (result, heard) = conversation("250 ok\r\n").await;
        result.unwrap();
        assert!(heard.contains("RCPT TO:<ada@acme.com>"), "{heard}");
        assert!(heard.contains("Subject: Hello\n") && heard.contains("A token.\n"), "{heard}");
    }

    #[tokio::test]
    async fn what_is_refused_for_good_is_told_from_what_is_not() {
        let (refused, _) = conversation("550 no such user\r\n").await;
        assert!(matches!(refused, Err(MailError::Refused(_))), "{refused:?}");
        let (later, _) = conversation("451 try again\r\n").await;
        assert!(matches!(later, Err(MailError::Unavailable(_))), "{later:?}");
    }

    #[tokio::test]
    async fn a_mail_server_that_is_away_may_come_back() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url: SmtpUrl = format!("smtp://{}", listener.local_addr().unwrap()).parse().unwrap();
        drop(listener);
        let mailer = SmtpMailer::new(&url, "no-reply@acme.com".parse().unwrap()).unwrap();
        let letter = Letter {
            to: "ada@acme.com".parse().unwrap(),
            subject: String::new(),
            text: String::new(),
        };
        assert!(matches!(mailer.send(&letter).await, Err(MailError::Unavailable(_))));
    }
}
