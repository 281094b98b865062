//! `guildhall demo-data`

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use clap::Args;
use guildhall_application::{
    Error,
    demo::{DEMO_PASSWORD, DemoProgress, DemoSession, DemoSize, Filling},
    with_causes,
};

use super::block_on;
use crate::{
    config::{Configuration, Mode},
    output::{self, Failure},
    wiring::Service,
};

#[derive(Args)]
pub(super) struct DemoDataArguments {
    /// How many organizations
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    organizations: u32,
    /// How many users; at least as many as organizations
    #[arg(long, value_name = "COUNT", default_value_t = 2000)]
    users: u32,
    /// How many sessions; everybody has one before anybody has two
    #[arg(long, value_name = "COUNT", default_value_t = 2000)]
    sessions: u32,
    /// The same seed makes the same ids, names and tokens
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// A new file for the tokens of the sessions, one a line, with tabs between:
    /// token, user, organization they are at home in, role there, and in how many
    /// organizations they are
    #[arg(long, value_name = "FILE")]
    tokens: Option<PathBuf>,
    /// Do it in production mode too, though everybody knows the password and who
    /// knows the seed knows the tokens
    #[arg(long)]
    even_in_production: bool,
}

/// Why it ended early.
enum Broken {
    Service(Error),
    Tokens(io::Error),
}

impl From<Error> for Broken {
    fn from(error: Error) -> Self {
        Self::Service(error)
    }
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        Self::Tokens(error)
    }
}

pub(super) fn run(
    arguments: &DemoDataArguments,
    load: impl FnOnce() -> Result<Configuration, Failure>,
) -> Result<(), Failure> {
    let size = DemoSize::new(arguments.organizations, arguments.users, arguments.sessions)
        .map_err(|error| Failure::usage(format!("No such demo data: {error}.")))?;
    let configuration = load()?;
    if configuration.mode == Mode::Production && !arguments.even_in_production {
        return Err(Failure::usage(
            "Demo data has no place in production: everybody knows its password, and who knows \
             the seed knows its tokens. If that is what you want, add `--even-in-production`.",
        ));
    }
    let service = Service::new(&configuration)?;
    let mut tokens = arguments.tokens.as_deref().map(TokenFile::create).transpose()?;
    let mut teller = Teller { size, told: 0 };
    let filled = block_on(async {
        let fill = &service.use_cases.fill_with_demo_data;
        let filled = fill.execute(
            size,
            arguments.seed,
            |done| teller.tell(done),
            |session| tokens.as_mut().map_or(Ok(()), |file| file.add(session)),
        );
        Ok(filled.await)
    })?;
    match filled {
        Ok(Filling::Filled) => {}
        Ok(Filling::NotEmpty) => {
            if let Some(file) = tokens {
                file.remove();
            }
            return Err(Failure::failed(format!(
                "{} is in use: demo data goes into an empty database only, and nothing was \
                 changed. Name a new one with `--database-url`, and `guildhall migrate` it.",
                configuration.database
            )));
        }
        Err(Broken::Service(error)) => return Err(broken_off(&with_causes(&error))),
        Err(Broken::Tokens(error)) => return Err(broken_off(&error.to_string())),
    }
    if let Some(file) = tokens {
        file.finish().map_err(|error| broken_off(&error.to_string()))?;
    }
    output::line(format!(
        "{}: {} organizations, {} users, {} sessions. The password of every user is `{DEMO_PASSWORD}`.",
        configuration.database,
        size.organizations(),
        size.users(),
        size.sessions()
    ));
    Ok(())
}

fn broken_off(reason: &str) -> Failure {
    Failure::failed(format!(
        "It broke off: {reason}. What was written stays; begin again with a new database."
    ))
}

/// Says how far it is, at every twentieth of the whole.
struct Teller {
    size: DemoSize,
    told: u64,
}

impl Teller {
    fn tell(&mut self, done: DemoProgress) {
        const PARTS: u64 = 20;
        let all = u64::from(self.size.users()) + u64::from(self.size.sessions());
        let part = (u64::from(done.users) + u64::from(done.sessions)) * PARTS / all.max(1);
        if part > self.told {
            self.told = part;
            let DemoProgress { organizations, users, sessions } = done;
            output::note(format!(
                "{:>3} %: organizations {organizations}, users {users}, sessions {sessions}",
                part * 100 / PARTS
            ));
        }
    }
}

/// The tokens, for nobody but whoever made them.
struct TokenFile<'a> {
    path: &'a Path,
    writer: BufWriter<File>,
}

impl<'a> TokenFile<'a> {
    /// Makes a file that is not there yet: an old one might be anybody's to read.
    fn create(path: &'a Path) -> Result<Self, Failure> {
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        let file = file.map_err(|error| {
            let path = path.display();
            Failure::failed(format!("`{path}` cannot be made: {error}. Nothing was changed."))
        })?;
        Ok(Self { path, writer: BufWriter::new(file) })
    }

    fn add(&mut self, session: &DemoSession) -> Result<(), Broken> {
        let DemoSession { token, user, home, role, organizations } = session;
        let (token, role) = (token.expose(), role.as_str());
        Ok(writeln!(self.writer, "{token}\t{user}\t{home}\t{role}\t{organizations}")?)
    }

    fn finish(mut self) -> io::Result<()> {
        self.writer.flush()
    }

    fn remove(self) {
        if let Err(error) = fs::remove_file(self.path) {
            output::note(format!("{}: {error}", self.path.display()));
        }
    }
}
