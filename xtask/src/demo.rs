//! The whole demo on this machine: provider, phone app, two services.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, ExitCode};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use clap::Args;

use crate::command::{program, root, target};
use crate::machine;
use crate::products;
use crate::steps::Steps;

/// What the issuer adds to the provider's address.
const REALM: &str = "/auth/realms/esante-wallet";

/// How the demo may be told to differ.
#[derive(Args)]
pub(crate) struct Options {
    /// The first of the four ports: provider, phone app, agenda, patient file.
    #[arg(long, default_value_t = 8080, value_parser = clap::value_parser!(u16).range(1..65_533))]
    port: u16,
}

/// Where each part of the demo listens.
struct Ports {
    provider: u16,
    phone: u16,
    agenda: u16,
    dossier: u16,
}

impl Ports {
    fn from(first: u16) -> Self {
        Self { provider: first, phone: first + 1, agenda: first + 2, dossier: first + 3 }
    }

    fn issuer(&self) -> String {
        format!("http://localhost:{}{REALM}", self.provider)
    }

    fn all(&self) -> [u16; 4] {
        [self.provider, self.phone, self.agenda, self.dossier]
    }
}

/// Builds, starts, tells the addresses, and stays until told to stop.
pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let ports = Ports::from(options.port);
    ports.all().into_iter().try_for_each(is_free)?;
    let mut steps = Steps::new(5);
    products::steps(&mut steps)?;
    let mut started = None;
    steps.need("Starting", || {
        started = Some(start(&ports)?);
        Ok(())
    })?;
    let mut programs = started.expect("the last step has started them");
    tell(&ports);
    programs.stay()
}

/// Says which port is taken before anything is built.
fn is_free(port: u16) -> anyhow::Result<()> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map(drop).with_context(|| {
        format!(
            "port {port} is in use: end the program that listens there (perhaps another demo), \
             or choose four ports in a row with `cargo demo --port 9080`"
        )
    })
}

/// The two programs of the demo; they end when this is dropped.
struct Programs(Vec<(&'static str, Child)>);

fn start(ports: &Ports) -> anyhow::Result<Programs> {
    let data = root().join("data/demo");
    std::fs::create_dir_all(&data)
        .with_context(|| format!("could not create {}", data.display()))?;
    let number = |port: u16| port.to_string();
    let mut programs = Programs(Vec::new());
    let mut provider = companion("openpsc");
    provider.arg("sandbox");
    provider.args(["--port", &number(ports.provider), "--app-port", &number(ports.phone)]);
    provider.args([
        "--agenda-port",
        &number(ports.agenda),
        "--dossier-port",
        &number(ports.dossier),
    ]);
    provider.arg("--data-dir").arg(data);
    programs.start("the provider", provider)?;
    programs.wait_for(ports.provider, &format!("{REALM}/.well-known/openid-configuration"))?;
    programs.wait_for(ports.phone, "/")?;

    let mut services = companion("openpsc-web-demo");
    services.args([
        "--agenda-port",
        &number(ports.agenda),
        "--dossier-port",
        &number(ports.dossier),
    ]);
    services.arg("--issuer").arg(ports.issuer());
    programs.start("the demo services", services)?;
    programs.wait_for(ports.agenda, "/")?;
    programs.wait_for(ports.dossier, "/")?;
    Ok(programs)
}

/// One of our programs, told by the kernel to end when we do, even if we are
/// killed: `setpriv` is part of every Debian-like system. Ctrl-C reaches the
/// whole group by itself, there or elsewhere.
fn companion(name: &str) -> Command {
    let path = target().join("debug").join(name);
    if !machine::on_path("setpriv") {
        return program(path);
    }
    let mut command = program("setpriv");
    command.args(["--pdeathsig", "TERM", "--"]).arg(path);
    command
}

impl Programs {
    fn start(&mut self, name: &'static str, mut command: Command) -> anyhow::Result<()> {
        let child = command.spawn().with_context(|| format!("could not start {name}"))?;
        self.0.push((name, child));
        Ok(())
    }

    /// Waits until the address answers, or a program has ended instead.
    fn wait_for(&mut self, port: u16, path: &str) -> anyhow::Result<()> {
        let since = Instant::now();
        while !answers(port, path) {
            self.all_run()?;
            if since.elapsed() > Duration::from_secs(30) {
                bail!("http://localhost:{port}{path} did not answer within 30 s");
            }
            sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    fn all_run(&mut self) -> anyhow::Result<()> {
        for (name, child) in &mut self.0 {
            if let Some(status) = child.try_wait()? {
                bail!("{name} has ended with {status}; its last lines above say why");
            }
        }
        Ok(())
    }

    fn stay(&mut self) -> anyhow::Result<ExitCode> {
        loop {
            self.all_run()?;
            sleep(Duration::from_millis(200));
        }
    }
}

impl Drop for Programs {
    fn drop(&mut self) {
        for (_, child) in &mut self.0 {
            // It may have ended by itself.
            child.kill().ok();
            child.wait().ok();
        }
    }
}

/// Whether a plain HTTP request is answered with success.
fn answers(port: u16, path: &str) -> bool {
    let ask = || -> std::io::Result<bool> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n"
        )?;
        let mut start = [0; 12];
        stream.read_exact(&mut start)?;
        Ok(matches!(&start, b"HTTP/1.1 200" | b"HTTP/1.1 303"))
    };
    ask().unwrap_or(false)
}

fn tell(ports: &Ports) {
    let Ports { provider, phone, agenda, dossier } = ports;
    println!(
        "
The demo is ready. Everything is invented, and nothing leaves this machine.

  http://localhost:{agenda}   Agenda: a service whose back end keeps the tokens.
  http://localhost:{dossier}   Patient file: a service whose page keeps them.
  http://localhost:{phone}   The e-CPS app: open it on a narrow window, it is the phone.
  http://localhost:{provider}   The identity provider: test identities, and where a phone is enrolled.

Start here:
  1. Open http://localhost:{provider}, choose a test identity and enrol a phone with it.
  2. Open http://localhost:{agenda}, press the button and approve on the phone.
  3. Open http://localhost:{dossier}: you are logged in without a gesture.

Ctrl-C ends everything."
    );
}
