// Generated from the contract by `cargo run -p parlor-openapi -- generate`. Changes belong into `protocol`.

//! The Rust of the page of the events compiles.

#![allow(unused, clippy::pedantic, reason = "it is compiled, and not run")]

#[rustfmt::skip]
mod snippets {
    use parlor_client::{ServerMessage, Socket};
    use serde_json::{from_value, json};

    type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

    async fn begins() -> Outcome<Socket> {
        use parlor_client::{Client, ServerMessage};
        use serde_json::{from_value, json};

        let client = Client::new("http://localhost:5000")?;
        client.sign_in("ada@example.com".parse()?, "correct horse battery".parse()?).await?;
        let mut socket = client.connect().await?;
        Ok(socket)
    }

    async fn error(mut socket: Socket) -> Outcome<()> {
        while let Some(message) = socket.next().await {
            if let ServerMessage::Error(payload) = message {
                println!("{payload:?}");
            }
        }
        Ok(())
    }

    async fn server_restart(mut socket: Socket) -> Outcome<()> {
        while let Some(message) = socket.next().await {
            if let ServerMessage::ServerRestart(payload) = message {
                println!("{payload:?}");
            }
        }
        Ok(())
    }

    async fn authenticate(mut socket: Socket) -> Outcome<()> {
        use parlor_client::protocol::sessions::AuthenticateEvent;

        let payload = from_value(json!({"token":"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"}))?;
        let data = socket.emit::<AuthenticateEvent>(payload).await?;
        Ok(())
    }

    async fn room_updated(mut socket: Socket) -> Outcome<()> {
        while let Some(message) = socket.next().await {
            if let ServerMessage::RoomUpdated(payload) = message {
                println!("{payload:?}");
            }
        }
        Ok(())
    }

    async fn room_deleted(mut socket: Socket) -> Outcome<()> {
        while let Some(message) = socket.next().await {
            if let ServerMessage::RoomDeleted(payload) = message {
                println!("{payload:?}");
            }
        }
        Ok(())
    }

    async fn get_room_users(mut socket: Socket) -> Outcome<()> {
        use parlor_client::protocol::members::GetRoomUsers;

        let payload = from_value(json!({"roomId":"018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90"}))?;
        let data = socket.emit::<GetRoomUsers>(payload).await?;
        Ok(())
    }

    async fn user_joined(mut socket: Socket) -> Outcome<()> {
        while let Some(message) = socket.next().await {
            if let ServerMessage::UserJoined(payload) = message {
                println!("{payload:?}");
            }
        }
        Ok(())
    }

    async fn user_left(mut socket: Socket) -> Outcome<()> {
        while let Some(message) = socket.next().await {
            if let ServerMessage::UserLeft(payload) = message {
                println!("{payload:?}");
            }
        }
        Ok(())
    }

    async fn room_users(mut socket: Socket) -> Outcome<()> {
        while let Some(message) = socket.next().await {
            if let ServerMessage::RoomUsers(payload) = message {
                println!("{payload:?}");
            }
        }
        Ok(())
    }

    async fn join_room(mut socket: Socket) -> Outcome<()> {
        use parlor_client::protocol::subscriptions::JoinRoomEvent;

        let payload = from_value(json!({"after":20,"epoch":"018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90","roomId":"018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90"}))?;
        let data = socket.emit::<JoinRoomEvent>(payload).await?;
        Ok(())
    }

    async fn leave_room(mut socket: Socket) -> Outcome<()> {
        use parlor_client::protocol::subscriptions::LeaveRoomEvent;

        let payload = from_value(json!({"roomId":"018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90"}))?;
        let data = socket.emit::<LeaveRoomEvent>(payload).await?;
        Ok(())
    }

    async fn room_joined(mut socket: Socket) -> Outcome<()> {
        while let Some(message) = socket.next().await {
            if let ServerMessage::RoomJoined(payload) = message {
                println!("{payload:?}");
            }
        }
        Ok(())
    }

    async fn send_message(mut socket: Socket) -> Outcome<()> {
        use parlor_client::protocol::messages::SendMessageEvent;

        let payload = from_value(json!({"clientMessageId":"c-1","content":"Hello, world","roomId":"018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90"}))?;
        let data = socket.emit::<SendMessageEvent>(payload).await?;
        Ok(())
    }

    async fn receive_message(mut socket: Socket) -> Outcome<()> {
        while let Some(message) = socket.next().await {
            if let ServerMessage::ReceiveMessage(payload) = message {
                println!("{payload:?}");
            }
        }
        Ok(())
    }

    async fn message_read(mut socket: Socket) -> Outcome<()> {
        use parlor_client::protocol::receipts::MessageRead;

        let payload = from_value(json!({"messageId":"018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90","roomId":"018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90"}))?;
        let data = socket.emit::<MessageRead>(payload).await?;
        Ok(())
    }

    async fn messages_read(mut socket: Socket) -> Outcome<()> {
        while let Some(message) = socket.next().await {
            if let ServerMessage::MessagesRead(payload) = message {
                println!("{payload:?}");
            }
        }
        Ok(())
    }

    async fn message_status_updated(mut socket: Socket) -> Outcome<()> {
        while let Some(message) = socket.next().await {
            if let ServerMessage::MessageStatusUpdated(payload) = message {
                println!("{payload:?}");
            }
        }
        Ok(())
    }

    async fn typing(mut socket: Socket) -> Outcome<()> {
        use parlor_client::protocol::typing::Typing;

        let payload = from_value(json!({"isTyping":true,"roomId":"018f3c1e-7b5a-7c4e-9a51-3f2b8c6d7e90"}))?;
        let data = socket.emit::<Typing>(payload).await?;
        Ok(())
    }

    async fn user_typing(mut socket: Socket) -> Outcome<()> {
        while let Some(message) = socket.next().await {
            if let ServerMessage::UserTyping(payload) = message {
                println!("{payload:?}");
            }
        }
        Ok(())
    }

    async fn user_status(mut socket: Socket) -> Outcome<()> {
        while let Some(message) = socket.next().await {
            if let ServerMessage::UserStatus(payload) = message {
                println!("{payload:?}");
            }
        }
        Ok(())
    }
}
