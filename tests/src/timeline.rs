//! The timeline: who did what, when, and how long it took. A listener hears every step as it happens.

use std::{
    fmt,
    future::Future,
    pin::pin,
    time::{Duration, Instant},
};

use tokio::time;

use crate::{client::CallFailed, trouble::Trouble};

/// A step that takes longer is told of in between, so that nobody thinks it hangs.
const SIGN_OF_LIFE: Duration = Duration::from_secs(2);

/// A text in Chinese and in English.
pub type Words = [&'static str; 2];

/// In which language a timeline is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// 中文.
    Chinese,
    /// English.
    English,
}

impl Language {
    /// The text in this language.
    pub fn of(self, words: Words) -> &'static str {
        let [chinese, english] = words;
        match self {
            Self::Chinese => chinese,
            Self::English => english,
        }
    }
}

/// What a listener hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Telling {
    /// A new part of the story begins.
    Chapter(Words),
    /// A step is still going on.
    Goes {
        /// Who.
        who: Words,
        /// Does what.
        what: Words,
        /// For how long.
        so_far: Duration,
    },
    /// A step succeeded.
    Done {
        /// Since the timeline began.
        at: Duration,
        /// Who.
        who: Words,
        /// Did what.
        what: Words,
        /// How long it took.
        took: Duration,
    },
    /// What came of the step before.
    Note {
        /// What it is.
        about: Words,
        /// Its value.
        value: String,
    },
}

/// A step that failed, by its name.
#[derive(Debug, thiserror::Error)]
#[error("{}: {}: {source}", .who[1], .what[1])]
pub struct StepFailed {
    /// Who.
    pub who: Words,
    /// Was doing what.
    pub what: Words,
    /// What went wrong.
    #[source]
    pub source: Trouble,
}

/// Measures steps and tells of them.
pub struct Timeline {
    began: Instant,
    sign_of_life: Duration,
    listener: Box<dyn FnMut(Telling) + Send>,
}

impl Timeline {
    /// Begins now.
    pub fn new(listener: impl FnMut(Telling) + Send + 'static) -> Self {
        Self { began: Instant::now(), sign_of_life: SIGN_OF_LIFE, listener: Box::new(listener) }
    }

    /// Tells nobody: for tests, which look at the outcome only.
    pub fn silent() -> Self {
        Self::new(|_| {})
    }

    /// A new part of the story.
    pub fn chapter(&mut self, title: Words) {
        (self.listener)(Telling::Chapter(title));
    }

    /// What came of the step before.
    pub fn note(&mut self, about: Words, value: impl fmt::Display) {
        (self.listener)(Telling::Note { about, value: value.to_string() });
    }

    /// One step.
    pub async fn step<T>(
        &mut self,
        who: Words,
        what: Words,
        work: impl Future<Output = Result<T, Trouble>>,
    ) -> Result<T, StepFailed> {
        let began = Instant::now();
        let mut work = pin!(work);
        let outcome = loop {
            match time::timeout(self.sign_of_life, work.as_mut()).await {
                Ok(outcome) => break outcome,
                Err(_) => (self.listener)(Telling::Goes { who, what, so_far: began.elapsed() }),
            }
        };
        let value = outcome.map_err(|source| StepFailed { who, what, source })?;
        (self.listener)(Telling::Done { at: self.began.elapsed(), who, what, took: began.elapsed() });
        Ok(value)
    }

    /// One step that is a single operation.
    pub async fn call<T>(
        &mut self,
        who: Words,
        what: Words,
        operation: impl Future<Output = Result<T, CallFailed>>,
    ) -> Result<T, StepFailed> {
        self.step(who, what, async { Ok(operation.await?) }).await
    }
}

impl fmt::Debug for Timeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timeline").field("began", &self.began).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    const WHO: Words = ["某人", "somebody"];
    const WHAT: Words = ["做某事", "does something"];

    #[tokio::test]
    async fn a_step_that_succeeds_is_told_and_one_that_fails_is_named() {
        let (tell, told) = mpsc::channel();
        let mut timeline = Timeline::new(move |telling| tell.send(telling).unwrap());
        assert_eq!(timeline.step(WHO, WHAT, async { Ok(7) }).await.unwrap(), 7);
        assert!(matches!(told.try_recv(), Ok(Telling::Done { who: WHO, what: WHAT, .. })));
        let failed = timeline.step::<()>(WHO, WHAT, async { Err(Trouble::not_so("no")) }).await.unwrap_err();
        assert_eq!(failed.to_string(), "somebody: does something: no");
        assert!(told.try_recv().is_err());
    }

    #[tokio::test]
    async fn a_long_step_gives_signs_of_life() {
        let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
        let mut timeline = Timeline::new(move |telling| drop(tell.send(telling)));
        timeline.sign_of_life = Duration::from_millis(1);
        let until_told_twice = async {
            for _ in 0..2 {
                assert!(matches!(told.recv().await, Some(Telling::Goes { .. })));
            }
            Ok(())
        };
        timeline.step(WHO, WHAT, until_told_twice).await.unwrap();
    }
}
