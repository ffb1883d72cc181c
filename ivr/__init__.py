"""The application: joins dialogs, speech, esl and data into calls."""
