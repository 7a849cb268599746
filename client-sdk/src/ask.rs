//! Questions to a task that may be about to end.

use tokio::sync::{mpsc, oneshot};

/// Puts a question to a task and waits for the answer; `None` when the task ends without one.
///
/// The answer alone does not tell of that end: a question that is sent in the moment in which the task goes stays in the channel, and
/// the way for its answer with it, for as long as anybody could send another.
pub(crate) async fn ask<Q, A>(
    task: &mpsc::Sender<Q>,
    question: impl FnOnce(oneshot::Sender<A>) -> Q,
) -> Option<A> {
    let (reply, mut answer) = oneshot::channel();
    task.reserve().await.ok()?.send(question(reply));
    tokio::select! {
        biased;
        answered = &mut answer => answered.ok(),
        () = task.closed() => answer.try_recv().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::time::timeout;

    #[tokio::test(start_paused = true)]
    async fn whoever_asks_while_the_task_ends_hears_of_it() {
        let (task, questions) = mpsc::channel::<oneshot::Sender<()>>(1);
        let asking = ask(&task, |reply| {
            drop(questions);
            reply
        });
        assert_eq!(timeout(Duration::from_mins(1), asking).await, Ok(None));
    }

    #[tokio::test]
    async fn an_answer_counts_also_when_the_task_has_ended_since() {
        let (task, mut questions) = mpsc::channel::<oneshot::Sender<u8>>(1);
        let answering = async move { questions.recv().await.unwrap().send(7) };
        assert_eq!(tokio::join!(ask(&task, |reply| reply), answering), (Some(7), Ok(())));
    }
}
