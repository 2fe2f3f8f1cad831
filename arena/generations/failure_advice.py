"""What each class of failure means, and what to do about it, for whoever runs a system."""

ADVICE = {
    "refused": "The model declined. Say in the prompt what it is for; where that is a false alarm, "
    "turn off “Find refusals” in the further settings.",
    "timed_out": "No answer within the time limit. Raise it in the further settings, ask for fewer "
    "tokens, or give the model more room to compute.",
    "crashed": "The worker or the server could not answer at all: the words above come from there.",
    "out_of_memory": "The model does not fit beside what the worker holds. Take 16-bit precision, "
    "another worker, or a model server.",
    "invalid_output": "It answered, but not with what this output needs. What came back is shown "
    "below; for a language model, show in the system prompt what the record looks like.",
    "empty": "It answered nothing. Allow more tokens, or look at the prompt.",
    "rejected_by_policy": "It was not computed, because a rule or a limit forbids it: the words "
    "above say which.",
}
