package desk

// PauseCause is why nothing is sent on a route for now. It is a part of message ids.
type PauseCause string

const (
	// PauseDown: the field's tool can't be reached, or answers that it can't work.
	PauseDown PauseCause = "fora_do_ar"
	// PauseCredential: it does not accept who we say we are; whatever is sent would be refused.
	PauseCredential PauseCause = "credencial"
)
