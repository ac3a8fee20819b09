//! The domain's port.

use domain::{
    document::{CaseSummary, Language, Paper, SummaryCopies},
    ports::{Typesetter, TypesettingFailed},
};

use crate::{RenderError, Renderer, summary::page};

impl Typesetter for Renderer {
    fn typeset(&self, paper: &Paper, language: Language) -> Result<Vec<u8>, TypesettingFailed> {
        self.render(paper, language).map_err(failed)
    }

    fn summary(&self, summary: &CaseSummary) -> Result<SummaryCopies, TypesettingFailed> {
        let pdf = self.render_summary(summary).map_err(failed)?;
        Ok(SummaryCopies { pdf, html: page(summary) })
    }
}

fn failed(error: RenderError) -> TypesettingFailed {
    TypesettingFailed(error.to_string())
}
