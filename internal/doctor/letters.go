package doctor

import (
	"fmt"
	"strings"

	"ponte/internal/desk"
)

// letters looks whether what customers are to be written can leave.
func (e *examination) letters() {
	const check = "letters"
	if e.Flow == nil {
		e.say(check, Skipped, "without the secret key", "")
		return
	}
	on, err := e.Flow.LettersOn(e.ctx)
	if err != nil {
		e.fail(check, err, "")
		return
	}
	counts, err := e.Flow.CountLetters(e.ctx)
	if err != nil {
		e.fail(check, err, "")
		return
	}
	kinds := make([]string, len(on))
	for i, k := range on {
		kinds[i] = string(k)
	}
	waiting := counts[desk.LetterQueued] + counts[desk.LetterSending]
	said := fmt.Sprintf("on: %s; %d wait, %d failed", strings.Join(kinds, ", "), waiting, counts[desk.LetterFailed])
	switch {
	case len(on) == 0 && waiting == 0:
		e.say(check, OK, "customers are sent none", "")
	case !e.Mail && len(on) > 0:
		e.say(check, Wrong, said+"; and there is no mail server: what is not sent within 48 hours never is",
			"give PONTE_MAIL_URL as serve has it, or turn the letters off under Parametrizações > Cartas ao cliente")
	case counts[desk.LetterFailed] > 0:
		e.say(check, Note, said, "see Cartas in Ponte's pages: each says why, and can be sent again")
	default:
		e.say(check, OK, said, "")
	}
}
