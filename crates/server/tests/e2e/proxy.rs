//! A stretch of network that can be cut, between a server and its database.

use std::{
    io,
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

/// Hands every connection on to the database until it is cut.
pub(crate) struct Proxy {
    /// The database's address by way of the proxy.
    pub(crate) url: String,
    /// The ends of what is connected; none while the proxy is cut.
    connections: Arc<Mutex<Option<Vec<TcpStream>>>>,
}

impl Proxy {
    /// A proxy before the database at `url`, which names a port.
    pub(crate) fn before(url: &str) -> Self {
        let (scheme, rest) = url.split_once("://").unwrap();
        let (authority, database) = rest.split_once('/').unwrap();
        let (user, address) = authority.rsplit_once('@').unwrap_or(("", authority));
        let upstream = address.to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let own = listener.local_addr().unwrap();
        let connections = Arc::new(Mutex::new(Some(Vec::new())));
        let shared = Arc::clone(&connections);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Some(open) = &mut *shared.lock().unwrap() else { continue };
                let server = TcpStream::connect(&upstream).unwrap();
                open.extend([client.try_clone().unwrap(), server.try_clone().unwrap()]);
                pump(&client, &server);
                pump(&server, &client);
            }
        });
        Self { url: format!("{scheme}://{user}@{own}/{database}"), connections }
    }

    /// Ends every connection and refuses further ones.
    pub(crate) fn cut(&self) {
        for end in self.connections.lock().unwrap().take().into_iter().flatten() {
            let _ = end.shutdown(Shutdown::Both);
        }
    }

    /// Lets connections through again.
    pub(crate) fn mend(&self) {
        *self.connections.lock().unwrap() = Some(Vec::new());
    }
}

fn pump(from: &TcpStream, to: &TcpStream) {
    let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
    thread::spawn(move || {
        let _ = io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Both);
    });
}
