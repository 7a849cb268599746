//! Questions to a task that may be about to end.

use tokio::sync::{mpsc, oneshot};

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gone {
    /// The task had ended before it could be asked.
    Before,
    /// The task has ended since, and may have done what was asked.
    Since,
}

/// Puts a question to a task and waits for the answer.
///
/// The answer alone does not tell of that end: a question that is sent in the moment in which the task goes stays in the channel, and
/// the way for its answer with it, for as long as anybody could send another.
pub(crate) async fn ask<Q, A>(
    task: &mpsc::Sender<Q>,
    question: impl FnOnce(oneshot::Sender<A>) -> Q,
) -> Result<A, Gone> {
    let (reply, mut answer) = oneshot::channel();
    task.reserve().await.map_err(|_| Gone::Before)?.send(question(reply));
    tokio::select! {
        biased;
        answered = &mut answer => answered.map_err(|_| Gone::Since),
        () = task.closed() => answer.try_recv().map_err(|_| Gone::Since),
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
        assert_eq!(timeout(Duration::from_mins(1), asking).await, Ok(Err(Gone::Since)));
        assert_eq!(ask(&task, |reply| reply).await, Err(Gone::Before));
    }

    #[tokio::test]
    async fn an_answer_counts_also_when_the_task_has_ended_since() {
        let (task, mut questions) = mpsc::channel::<oneshot::Sender<u8>>(1);
        let answering = async move { questions.recv().await.unwrap().send(7) };
        assert_eq!(tokio::join!(ask(&task, |reply| reply), answering), (Ok(7), Ok(())));
    }
}
