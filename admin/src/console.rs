//! All that a command reads and writes: answers on standard output, notes and questions on standard error.
//!
//! Results go to standard output alone, so that they can be piped; a reader that went away ends the output, not the command.

use std::io::{self, BufRead, BufReader, IsTerminal, Read, Write};

use serde::Serialize;
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::redact::without_keys;

/// The longest line read, in bytes: a key is far shorter.
const MAX_LINE: u64 = 64 * 1024;
/// The longest document read, in bytes: API Gateway's own limit is 10 MB.
const MAX_DOCUMENT: u64 = 10 * 1024 * 1024;

/// Where a command's input comes from and its output goes.
pub struct Console<'a> {
    input: Box<dyn BufRead + Send + 'a>,
    output: Box<dyn Write + Send + 'a>,
    notes: Box<dyn Write + Send + 'a>,
    /// Whether somebody is there to answer questions.
    interactive: bool,
    /// Whether answers are for machines.
    pub(crate) json: bool,
    /// Whether every question is answered with yes.
    pub(crate) yes: bool,
}

impl<'a> Console<'a> {
    /// This process's standard streams.
    #[must_use]
    pub fn process() -> Console<'static> {
        let interactive = io::stdin().is_terminal() && io::stderr().is_terminal();
        Console::new(
            BufReader::new(io::stdin()),
            io::stdout(),
            io::stderr(),
            interactive,
        )
    }

    /// These streams; `interactive` when questions may be asked on them.
    pub fn new(
        input: impl BufRead + Send + 'a,
        output: impl Write + Send + 'a,
        notes: impl Write + Send + 'a,
        interactive: bool,
    ) -> Self {
        Self {
            input: Box::new(input),
            output: Box::new(output),
            notes: Box::new(notes),
            interactive,
            json: false,
            yes: false,
        }
    }

    /// Answers: `value` for machines, what `people` makes for people.
    pub(crate) fn answer(
        &mut self,
        value: &impl Serialize,
        people: impl FnOnce() -> String,
    ) -> Result<(), Failure> {
        let text = if self.json {
            Zeroizing::new(serde_json::to_string(value).unwrap_or_default())
        } else {
            Zeroizing::new(people())
        };
        self.write(text.trim_end_matches('\n'))?;
        self.write("\n")
    }

    /// Writes text as it is to standard output.
    pub(crate) fn write(&mut self, text: &str) -> Result<(), Failure> {
        delivered(self.output.write_all(text.as_bytes()))
    }

    /// Makes sure that what was written got there.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        delivered(self.output.flush())
    }

    /// Says something beside the answer. Nobody is left to tell if this fails.
    pub(crate) fn note(&mut self, text: &str) {
        let _ = writeln!(self.notes, "{}", without_keys(text));
    }

    /// Shows what clap says of the arguments, or the help asked for; returns the exit code.
    pub(crate) fn usage(&mut self, error: &clap::Error) -> u8 {
        let text = error.render().to_string();
        if error.use_stderr() {
            self.note(text.trim_end());
            return 2;
        }
        match self.write(&text).and_then(|()| self.flush()) {
            Ok(()) => 0,
            Err(failure) => failure.exit_code(),
        }
    }

    /// Asks before something is destroyed.
    ///
    /// # Errors
    /// [`Failure::Refused`] when the answer is not yes, or there is nobody to ask and no `--yes`.
    pub(crate) fn confirm(&mut self, question: &str) -> Result<(), Failure> {
        if self.yes {
            return Ok(());
        }
        if !self.interactive {
            return Err(Failure::Refused(format!(
                "{question} There is no terminal to ask on: nothing was done. Add --yes to do it"
            )));
        }
        let _ = write!(self.notes, "{question} [y/N] ");
        let _ = self.notes.flush();
        let said = self.line()?;
        if matches!(said.to_ascii_lowercase().as_str(), "y" | "yes") {
            return Ok(());
        }
        Err(Failure::Refused("not confirmed: nothing was done".into()))
    }

    /// The key given as an argument, or the next line of standard input for `-` or no argument.
    pub(crate) fn key(&mut self, given: Option<&str>) -> Result<Zeroizing<String>, Failure> {
        let text = self.document_of("key", given)?;
        let bare = match text.split_once(' ') {
            Some((scheme, key)) if scheme.eq_ignore_ascii_case("APIKEY") => key.trim(),
            _ => &text,
        };
        Ok(Zeroizing::new(bare.to_owned()))
    }

    /// The state given as an argument, or the next line of standard input for `-` or no argument.
    pub(crate) fn state(&mut self, given: Option<&str>) -> Result<Zeroizing<String>, Failure> {
        self.document_of("state", given)
    }

    /// The access token given as an argument, or the next line of standard input for `-` or no argument.
    pub(crate) fn token(&mut self, given: Option<&str>) -> Result<Zeroizing<String>, Failure> {
        let text = self.document_of("token", given)?;
        let bare = text.strip_prefix("Bearer ").unwrap_or(&text);
        Ok(Zeroizing::new(bare.to_owned()))
    }

    fn document_of(
        &mut self,
        what: &str,
        given: Option<&str>,
    ) -> Result<Zeroizing<String>, Failure> {
        let text = match given {
            Some(text) if text != "-" => Zeroizing::new(text.trim().to_owned()),
            _ => {
                if self.interactive {
                    self.note(&format!("Paste the {what} and press Enter:"));
                }
                self.line()?
            }
        };
        if text.is_empty() {
            return Err(Failure::Refused(format!(
                "no {what} was given: name one, or send it on standard input"
            )));
        }
        Ok(text)
    }

    /// All of standard input.
    pub(crate) fn document(&mut self) -> Result<String, Failure> {
        let mut text = String::new();
        let read = (&mut self.input)
            .take(MAX_DOCUMENT)
            .read_to_string(&mut text);
        read.map_err(|error| unreadable(&error))?;
        Ok(text)
    }

    fn line(&mut self) -> Result<Zeroizing<String>, Failure> {
        let mut line = Zeroizing::new(String::new());
        let read = (&mut self.input).take(MAX_LINE).read_line(&mut line);
        read.map_err(|error| unreadable(&error))?;
        Ok(Zeroizing::new(line.trim().to_owned()))
    }
}

fn unreadable(error: &io::Error) -> Failure {
    Failure::Refused(format!("standard input cannot be read: {}", error.kind()))
}

/// A closed pipe is its reader's business; any other fault means that the answer is lost.
fn delivered(written: io::Result<()>) -> Result<(), Failure> {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::Dependency(
            format!("the output cannot be written: {}", error.kind()),
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
#[path = "console_tests.rs"]
mod tests;
