//! Where the database is: `sqlite:PATH` or `postgres://…`.

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

/// The kind of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Backend {
    /// One file, inside this process.
    Sqlite,
    /// A server, or several.
    Postgres,
}

impl Backend {
    /// `sqlite` or `postgres`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Address of a database. Printing it never shows a password.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(Kind);

#[derive(Clone, PartialEq, Eq)]
enum Kind {
    Sqlite(PathBuf),
    Postgres { conninfo: String, masked: String, secrets: Vec<String> },
}

/// Why a text is no address of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseUrlError {
    /// Neither of the two kinds.
    #[error("must be sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE")]
    UnknownScheme,
    /// `sqlite:` without a file.
    #[error("must name a file: sqlite:PATH, such as sqlite:/var/lib/guildhall/guildhall.db")]
    NoPath,
    /// A database that would be gone with the process.
    #[error(
        "must name a file: a database in memory would be another one for every connection, and \
         gone at the end; to try Guildhall out, name a file that does not exist yet"
    )]
    InMemory,
    /// `sqlite:PATH?option=value`, or `sqlite:file:…`.
    #[error("must be sqlite:PATH with a plain path, without `file:` and without options after `?`")]
    SqliteOptions,
    /// `postgres://` without anything.
    #[error("must name a server: postgres://USER:PASSWORD@HOST/DATABASE")]
    NoServer,
    /// A NUL, which neither database can be asked for.
    #[error("must not contain a NUL character")]
    Nul,
}

/// What stands in the place of a secret.
const MASK: &str = "***";

/// What libpq is told unless the address says otherwise: who we are, and when
/// to give up on a server that vanished without a word.
const POSTGRES_DEFAULTS: [(&str, &str); 4] = [
    ("fallback_application_name", "guildhall"),
    ("keepalives_idle", "10"),
    ("keepalives_interval", "5"),
    ("tcp_user_timeout", "10000"),
];
/// How many seconds the only server may take to let us in.
const CONNECT_TIMEOUT: (&str, &str) = ("connect_timeout", "5");
/// The same of one of several, behind which the next one waits for its turn; and that
/// only the one is meant that takes writes.
const OF_SEVERAL: [(&str, &str); 2] =
    [("connect_timeout", "2"), ("target_session_attrs", "read-write")];

impl DatabaseUrl {
    /// The SQLite database in that file.
    #[must_use]
    pub fn sqlite(path: &Path) -> Self {
        Self(Kind::Sqlite(path.to_owned()))
    }

    /// Which kind of database it is.
    #[must_use]
    pub const fn backend(&self) -> Backend {
        match self.0 {
            Kind::Sqlite(_) => Backend::Sqlite,
            Kind::Postgres { .. } => Backend::Postgres,
        }
    }

    /// The file of an SQLite database.
    #[must_use]
    pub fn sqlite_path(&self) -> Option<&Path> {
        match &self.0 {
            Kind::Sqlite(path) => Some(path),
            Kind::Postgres { .. } => None,
        }
    }

    /// What libpq connects by; empty for SQLite. Holds the password.
    pub(crate) fn conninfo(&self) -> &str {
        match &self.0 {
            Kind::Sqlite(_) => "",
            Kind::Postgres { conninfo, .. } => conninfo,
        }
    }

    /// A message, without the password of this address. libpq quotes an
    /// address that it cannot read.
    pub(crate) fn mask(&self, message: &str) -> String {
        let message = message.trim();
        match &self.0 {
            Kind::Sqlite(_) => message.to_owned(),
            Kind::Postgres { secrets, .. } => secrets
                .iter()
                .fold(message.to_owned(), |message, secret| message.replace(secret, MASK)),
        }
    }

    fn parse_sqlite(path: &str) -> Result<Self, DatabaseUrlError> {
        let path = path.strip_prefix("//").unwrap_or(path);
        match path {
            "" => Err(DatabaseUrlError::NoPath),
            path if path.contains(":memory:") || path.contains("mode=memory") => {
                Err(DatabaseUrlError::InMemory)
            }
            path if path.starts_with("file:") || path.contains('?') => {
                Err(DatabaseUrlError::SqliteOptions)
            }
            path if path.ends_with('/') => Err(DatabaseUrlError::NoPath),
            path => Ok(Self(Kind::Sqlite(path.into()))),
        }
    }

    fn parse_postgres(rest: &str) -> Result<Self, DatabaseUrlError> {
        if rest.is_empty() {
            return Err(DatabaseUrlError::NoServer);
        }
        // A password with an unescaped `/` or `@` is none for libpq, but it is
        // none to be printed either: everything up to the last `@` is covered.
        let (credentials, location) = rest.rsplit_once('@').unwrap_or(("", rest));
        let (user, password) = credentials.split_once(':').unwrap_or((credentials, ""));
        let (servers, query) = location.split_once('?').unwrap_or((location, ""));
        let parameters: Vec<_> = query
            .split('&')
            .filter(|parameter| !parameter.is_empty())
            .map(|parameter| parameter.split_once('=').unwrap_or((parameter, "")))
            .collect();

        let mut secrets: Vec<_> = parameters
            .iter()
            .filter(|(name, _)| is_secret(name))
            .map(|(_, value)| *value)
            .chain([password])
            .flat_map(|secret| [secret.to_owned(), percent_decoded(secret)])
            .filter(|secret| !secret.is_empty())
            .collect();
        secrets.sort_unstable_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets.dedup();

        let names_several = |hosts: &str| hosts.contains(',');
        let hosts = servers.split('/').next().unwrap_or_default();
        let several = names_several(hosts)
            || parameters
                .iter()
                .any(|(name, value)| name.starts_with("host") && names_several(value));
        let by_number = if several { &OF_SEVERAL[..] } else { &[CONNECT_TIMEOUT] };
        let missing = POSTGRES_DEFAULTS
            .iter()
            .chain(by_number)
            .filter(|(name, _)| parameters.iter().all(|(given, _)| given != name));
        let conninfo = missing.fold(format!("postgres://{rest}"), |conninfo, (name, value)| {
            let separator = if conninfo.contains('?') { '&' } else { '?' };
            format!("{conninfo}{separator}{name}={value}")
        });

        let mut masked = "postgres://".to_owned();
        if rest.contains('@') {
            masked.push_str(user);
            if !password.is_empty() {
                masked.push(':');
                masked.push_str(MASK);
            }
            masked.push('@');
        }
        masked.push_str(servers);
        for (index, (name, value)) in parameters.iter().enumerate() {
            let value = if is_secret(name) { MASK } else { value };
            let separator = if index == 0 { "?" } else { "&" };
            masked.extend([separator, name, "=", value]);
        }
        Ok(Self(Kind::Postgres { conninfo, masked, secrets }))
    }
}

fn is_secret(parameter: &str) -> bool {
    parameter.contains("password") || parameter.contains("secret")
}

/// Undoes the percent-encoding of a URI, so that a secret is found in a message
/// in either form.
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let escaped = (*first == b'%').then(|| tail.split_first_chunk::<2>()).flatten().and_then(
            |(digits, tail)| {
                let digits = str::from_utf8(digits).ok()?;
                Some((u8::from_str_radix(digits, 16).ok()?, tail))
            },
        );
        let (byte, tail) = escaped.unwrap_or((*first, tail));
        bytes.push(byte);
        rest = tail;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

impl FromStr for DatabaseUrl {
    type Err = DatabaseUrlError;

    fn from_str(text: &str) -> Result<Self, DatabaseUrlError> {
        let text = text.trim();
        if text.contains('\0') {
            return Err(DatabaseUrlError::Nul);
        }
        if let Some(path) = text.strip_prefix("sqlite:") {
            return Self::parse_sqlite(path);
        }
        text.strip_prefix("postgres://")
            .or_else(|| text.strip_prefix("postgresql://"))
            .ok_or(DatabaseUrlError::UnknownScheme)
            .and_then(Self::parse_postgres)
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Kind::Postgres { masked, .. } => f.write_str(masked),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_sqlite_database_is_a_file() {
        for (text, path) in [
            ("sqlite:guildhall.db", "guildhall.db"),
            ("sqlite://guildhall.db", "guildhall.db"),
            ("sqlite:/var/lib/g h.db", "/var/lib/g h.db"),
            ("sqlite:///var/lib/guildhall.db", "/var/lib/guildhall.db"),
            (" sqlite:./a:b@c.db ", "./a:b@c.db"),
        ] {
            let url: DatabaseUrl = text.parse().unwrap();
            assert_eq!(url.sqlite_path(), Some(Path::new(path)));
            assert_eq!(url.backend(), Backend::Sqlite);
            assert_eq!(url.to_string(), format!("sqlite:{path}"));
            assert!(url == DatabaseUrl::sqlite(Path::new(path)));
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        use DatabaseUrlError::{InMemory, NoPath, NoServer, Nul, SqliteOptions, UnknownScheme};
        for (text, error) in [
            ("", UnknownScheme),
            ("guildhall.db", UnknownScheme),
            ("mysql://localhost/guildhall", UnknownScheme),
            ("host=localhost dbname=guildhall", UnknownScheme),
            ("sqlite:", NoPath),
            ("sqlite://", NoPath),
            ("sqlite:/var/lib/", NoPath),
            ("sqlite::memory:", InMemory),
            ("sqlite://:memory:", InMemory),
            ("sqlite:file::memory:?cache=shared", InMemory),
            ("sqlite:x?mode=memory", InMemory),
            ("sqlite:guildhall.db?mode=rwc", SqliteOptions),
            ("sqlite:file:guildhall.db", SqliteOptions),
            ("sqlite:a\0b", Nul),
            ("postgres://", NoServer),
        ] {
            assert_eq!(text.parse::<DatabaseUrl>(), Err(error), "{text:?}");
        }
    }

    #[test]
    fn a_password_is_never_printed() {
        for (text, printed) in [
            ("postgres://localhost/guildhall", "postgres://localhost/guildhall"),
            ("postgresql://ada@localhost/guildhall", "postgres://ada@localhost/guildhall"),
            ("postgres://ada:s3cret@localhost/guildhall", "postgres://ada:***@localhost/guildhall"),
            ("postgres://ada:s3/c@r:et@db:5432/g", "postgres://ada:***@db:5432/g"),
            ("postgres://ada:%73ecret@h1,h2:5433/g?x=1", "postgres://ada:***@h1,h2:5433/g?x=1"),
            ("postgres://a:s3cret@h1:1,h2:2/g?x=1", "postgres://a:***@h1:1,h2:2/g?x=1"),
            ("postgres://a:s1@h1:1,b:s2@h2:2/g", "postgres://a:***@h2:2/g"),
            ("postgres://h/g?user=ada&password=s3cret", "postgres://h/g?user=ada&password=***"),
            (
                "postgres:///g?host=/run&sslpassword=s3cret",
                "postgres:///g?host=/run&sslpassword=***",
            ),
        ] {
            let url: DatabaseUrl = text.parse().unwrap();
            assert_eq!(url.to_string(), printed);
            assert_eq!(format!("{url:?}"), format!("DatabaseUrl({printed})"));
            assert_eq!((url.backend(), url.sqlite_path()), (Backend::Postgres, None));
        }
    }

    #[test]
    fn a_message_is_cleared_of_the_password_in_every_form() {
        let url: DatabaseUrl = "postgres://ada:p%40ss@h/g?password=other".parse().unwrap();
        assert_eq!(
            url.mask("bad: postgres://ada:p%40ss@h/g, decoded p@ss, also other\n"),
            "bad: postgres://ada:***@h/g, decoded ***, also ***"
        );
    }

    #[test]
    fn several_servers_are_asked_for_the_one_that_writes() {
        for (text, asked) in [
            ("postgres://h1/g", false),
            ("postgres://u:a,b@h1/g", false),
            ("postgres://h1,h2/g", true),
            ("postgres://h1:1,h2:2", true),
            ("postgres:///g?host=h1,h2", true),
            ("postgres://h1,h2/g?target_session_attrs=any", false),
        ] {
            let url: DatabaseUrl = text.parse().unwrap();
            let asks = url.conninfo().contains("target_session_attrs=read-write");
            assert_eq!(asks, asked, "{text}");
            let several = text.contains("h1:1,h2:2") || text.contains("h1,h2");
            let timeout = if several { "connect_timeout=2" } else { "connect_timeout=5" };
            assert!(url.conninfo().contains(timeout), "{text}");
        }
        let url: DatabaseUrl = "postgres://h/g?connect_timeout=1".parse().unwrap();
        assert_eq!(
            url.conninfo(),
            "postgres://h/g?connect_timeout=1&fallback_application_name=guildhall\
             &keepalives_idle=10&keepalives_interval=5&tcp_user_timeout=10000"
        );
    }
}
