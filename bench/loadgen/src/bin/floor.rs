//! The floor: the same work as the JavaScript servers do, on tokio-tungstenite, with no JavaScript. Takes their options
//! and speaks their control lines (see bench/servers/control.js), as far as they mean something here. One thread.
//!
//! It does not compress: tungstenite has no permessage-deflate.

use std::cell::RefCell;
use std::collections::HashMap;
use std::error::Error;
use std::future::Future;
use std::io::Write;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use futures_util::SinkExt;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Bytes, Message};

/// Its default of 128 KiB is filled with zeros for every connection.
const READ_BUFFER: usize = 16 * 1024;

type Outcome = Result<(), Box<dyn Error>>;
type Senders = Rc<RefCell<HashMap<usize, UnboundedSender<Message>>>>;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Echo,
    FanOut,
    Upload,
    Download,
}

#[derive(Clone, Copy)]
struct Options {
    mode: Mode,
    size: usize,
    answer_every: u64,
}

fn main() -> Outcome {
    let options = parse()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;

    tokio::task::LocalSet::new().block_on(&runtime, serve(options))
}

fn parse() -> Result<Options, Box<dyn Error>> {
    let mut options = Options {
        mode: Mode::Echo,
        size: 0,
        answer_every: 1,
    };
    let mut arguments = std::env::args();
    let _program = arguments.next();

    while let (Some(name), Some(value)) = (arguments.next(), arguments.next()) {
        match name.as_str() {
            "--mode" => {
                options.mode = match value.as_str() {
                    "fan-out" => Mode::FanOut,
                    "upload" => Mode::Upload,
                    "download" => Mode::Download,
                    _ => Mode::Echo,
                }
            }
            "--size" => options.size = value.parse()?,
            "--answer-every" => options.answer_every = value.parse()?,
            _ => {}
        }
    }

    Ok(options)
}

async fn serve(options: Options) -> Outcome {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let senders = Senders::default();

    println!(
        "{{\"event\":\"listening\",\"port\":{}}}",
        listener.local_addr()?.port()
    );
    std::io::stdout().flush()?;
    // The standard library's backlog is 128 only.
    tokio::task::spawn_local(async move {
        for number in 0.. {
            let Ok((socket, _)) = listener.accept().await else {
                return;
            };
            let senders = Rc::clone(&senders);

            tokio::task::spawn_local(async move {
                // A connection that the generator resets is no news.
                let _ = talk(socket, number, options, &senders).await;
                senders.borrow_mut().remove(&number);
            });
        }
    });

    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        match line.as_str() {
            "report" => println!("{{\"event\":\"report\"}}"),
            "collect" => println!("{{\"event\":\"collected\"}}"),
            _ => {}
        }
        std::io::stdout().flush()?;
    }
    Ok(())
}

async fn talk(socket: TcpStream, number: usize, options: Options, senders: &Senders) -> Outcome {
    let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER);

    socket.set_nodelay(true)?;

    let websocket = tokio_tungstenite::accept_async_with_config(socket, Some(config)).await?;

    match options.mode {
        Mode::Echo => echo(websocket).await,
        Mode::FanOut => {
            let (sender, inbox) = mpsc::unbounded_channel();

            senders.borrow_mut().insert(number, sender);
            fan_out(websocket, inbox, number, senders).await
        }
        Mode::Upload => upload(websocket, options.answer_every).await,
        Mode::Download => download(websocket, options.size).await,
    }
}

/// The next message, or `None` when the connection has closed.
async fn next(websocket: &mut WebSocketStream<TcpStream>) -> Option<Message> {
    use futures_util::Stream;

    let mut websocket = std::pin::Pin::new(websocket);
    std::future::poll_fn(|context| websocket.as_mut().poll_next(context))
        .await
        .and_then(Result::ok)
}

/// What arrived together goes back together.
async fn echo(mut websocket: WebSocketStream<TcpStream>) -> Outcome {
    while let Some(mut message) = next(&mut websocket).await {
        loop {
            if message.is_text() || message.is_binary() {
                websocket.feed(message).await?;
            }
            match already_there(&mut websocket).await {
                Some(another) => message = another,
                None => break,
            }
        }
        websocket.flush().await?;
    }
    Ok(())
}

/// The next message, if that takes no waiting.
async fn already_there(websocket: &mut WebSocketStream<TcpStream>) -> Option<Message> {
    let mut waiting = pin!(next(websocket));

    std::future::poll_fn(|context| match waiting.as_mut().poll(context) {
        Poll::Ready(message) => Poll::Ready(message),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

async fn fan_out(
    mut websocket: WebSocketStream<TcpStream>,
    mut inbox: UnboundedReceiver<Message>,
    number: usize,
    senders: &Senders,
) -> Outcome {
    loop {
        tokio::select! {
            delivery = inbox.recv() => {
                let Some(delivery) = delivery else { return Ok(()) };
                websocket.send(delivery).await?;
            }
            message = next(&mut websocket) => {
                let Some(message) = message else { return Ok(()) };
                if !message.is_binary() { continue }

                for (receiver, sender) in senders.borrow().iter() {
                    if *receiver != number {
                        let _ = sender.send(message.clone());
                    }
                }
            }
        }
    }
}

async fn upload(mut websocket: WebSocketStream<TcpStream>, answer_every: u64) -> Outcome {
    let (mut messages, mut bytes) = (0_u64, 0_u64);

    while let Some(message) = next(&mut websocket).await {
        if !message.is_binary() {
            continue;
        }

        messages += 1;
        bytes += message.len() as u64;
        if messages % answer_every == 0 {
            let answer = [messages.to_le_bytes(), bytes.to_le_bytes()].concat();
            websocket.send(Message::binary(answer)).await?;
        }
    }
    Ok(())
}

async fn download(mut websocket: WebSocketStream<TcpStream>, size: usize) -> Outcome {
    let payload: Bytes = (0..size).map(|i| (i * 31 + i / 256) as u8).collect();

    while let Some(message) = next(&mut websocket).await {
        if !message.is_binary() {
            continue;
        }

        let request = message.into_data();
        for _ in 0..u64::from_le_bytes(request[..8].try_into()?) {
            websocket.send(Message::Binary(payload.clone())).await?;
        }
    }
    Ok(())
}
