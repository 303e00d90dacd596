//! The table, in Markdown.

use std::time::Duration;

use crate::{
    flow::Flow,
    load::Figures,
    server::{Provider, Server},
};

/// What each server needs before anything is asked of it, and the table's head.
pub(crate) fn head(servers: &[Server]) {
    println!("| | first start | keys made | later start | keys read | idle memory |");
    println!("|---|---|---|---|---|---|");
    for server in servers {
        let (first, later) = (&server.first_start, &server.later_start);
        println!(
            "| {} | {:.0} ms | {:.0} ms | {:.0} ms | {:.0} ms | {:.1} MiB |",
            server.provider().name(),
            milliseconds(first.answers),
            milliseconds(first.has_keys),
            milliseconds(later.answers),
            milliseconds(later.has_keys),
            server.idle_mebibytes
        );
    }
    println!();
    println!(
        "| flow | server | per second | ratio | p50 | p99 | processor | resident memory | goal |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
}

/// One flow: openpsc first, then what it is compared with.
pub(crate) fn row(flow: Flow, figures: &[Figures]) {
    let names = [Provider::Openpsc, Provider::Node].map(Provider::name);
    let slowest = figures.last().map_or(1.0, |last| last.per_second);
    for (nth, (figures, name)) in figures.iter().zip(names).enumerate() {
        let (flow_name, goal) = match (nth, flow.goal()) {
            (0, Some(goal)) => (flow.name(), goal.to_string()),
            (0, None) => (flow.name(), String::new()),
            _ => ("", String::new()),
        };
        println!(
            "| {flow_name} | {name} | {:.0} | {:.1} | {:.1} ms | {:.1} ms | {:.0} µs | {} MiB | {goal} |",
            figures.per_second,
            figures.per_second / slowest,
            milliseconds(figures.median),
            milliseconds(figures.p99),
            figures.processor.as_secs_f64() * 1e6,
            figures.resident_mebibytes,
        );
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
