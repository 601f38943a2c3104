package web

import (
	"image/color"
	"net/http"
	"strconv"
	"strings"

	"github.com/boombuler/barcode/qr"

	"ponte/internal/auth"
	"ponte/internal/desk"
	"ponte/internal/flow"
)

// What a session holds of a device that waits for its first code: the sealed secret, whether it takes the place of the one
// that is on, and until when.
const (
	sessionDevice        = "aparelho"
	sessionDeviceInstead = "aparelho_troca"
	sessionDeviceTill    = "aparelho_ate"
)

// factorView is a person's own second factor.
type factorView struct {
	flow.Factor
	must     bool
	enrols   bool   // is led here from the password, which isn't asked for again
	picture  string // of a device that waits for its code: an SVG path
	size     int
	text     string
	codes    []string // shown in this answer and nowhere again
	problems map[string]string
	who      confirmation
}

// showFactor is GET /conta/segundo-fator.
func (s *site) showFactor(r *request) error { return s.factor(r, http.StatusOK, factorView{}) }

func (s *site) factor(r *request, status int, v factorView) (err error) {
	if v.Factor, err = s.flow.FactorOf(r.Context(), r.user.ID); err != nil {
		return err
	}
	if v.must, err = s.mustHaveFactor(r, r.user); err != nil {
		return err
	}
	if d, ok := s.device(r); ok {
		v.text = auth.TOTPText(d.Secret)
		if v.picture, v.size, err = picture(auth.TOTPAddress(d.Secret, r.user.Login)); err != nil {
			return err
		}
	}
	p := r.page(r.l.T("factor.title"), "")
	p.crumbs = []crumb{{label: p.T("account.title"), href: "/conta"}, {label: p.title}}
	p.path = factorPath
	v.enrols, v.who = s.sessions.GetBool(r.Context(), sessionEnrol), s.confirmation(r, factorPath)
	return r.show(status, factorPage(p, v))
}

// device is the one that waits for its first code in this session.
func (s *site) device(r *request) (flow.Device, bool) {
	ctx := r.Context()
	sealed := s.sessions.GetBytes(ctx, sessionDevice)
	if sealed == nil || r.now.UnixMilli() > s.sessions.GetInt64(ctx, sessionDeviceTill) {
		return flow.Device{}, false
	}
	d := flow.Device{Secret: s.flow.OpenDevice(r.user.ID, sealed), Instead: s.sessions.GetBool(ctx, sessionDeviceInstead)}
	return d, d.Secret != nil
}

func (s *site) beginDevice(r *request, instead bool) {
	ctx := r.Context()
	s.sessions.Put(ctx, sessionDevice, s.flow.SealDevice(r.user.ID, auth.NewTOTPSecret()))
	s.sessions.Put(ctx, sessionDeviceInstead, instead)
	s.sessions.Put(ctx, sessionDeviceTill, r.now.Add(codeLife).UnixMilli())
}

func (s *site) forgetDevice(r *request) {
	for _, held := range []string{sessionDevice, sessionDeviceInstead, sessionDeviceTill} {
		s.sessions.Remove(r.Context(), held)
	}
}

// changeFactor is POST /conta/segundo-fator/{ato}: comecar, confirmar, trocar, codigos, retirar or desistir.
func (s *site) changeFactor(r *request) error {
	if err := r.form(); err != nil {
		return err
	}
	var v factorView
	var err error
	switch r.PathValue("ato") {
	case "comecar":
		err = s.beginFactor(r)
	case "confirmar":
		v.codes, err = s.confirmFactor(r)
	case "trocar":
		if err = s.byCode(r); err == nil {
			s.beginDevice(r, true)
		}
	case "codigos":
		v.codes, err = s.renewCodes(r)
	case "retirar":
		err = s.dropOwnFactor(r)
	case "desistir":
		s.forgetDevice(r)
	default:
		return notFound()
	}
	if e, ok := besideForm(err); ok {
		r.retryAfter(e.RetryAfter)
		return s.factor(r, statusOf[e.Kind], factorView{problems: problemsOf(r, e)})
	}
	switch {
	case err != nil:
		return err
	case v.codes != nil:
		return s.factor(r, http.StatusOK, v)
	}
	return r.redirect(factorPath)
}

// beginFactor wants the password, unless it was given just now and led here: whoever finds an open session must not lock its
// person out by a device of their own.
func (s *site) beginFactor(r *request) error {
	f, err := s.flow.FactorOf(r.Context(), r.user.ID)
	switch {
	case err != nil:
		return err
	case f.On:
		return desk.BadField("codigo", "fator_ligado")
	}
	if !s.sessions.GetBool(r.Context(), sessionEnrol) {
		if err := s.sameWhoSignedIn(r, "senha", r.PostFormValue("senha")); err != nil {
			return err
		}
	}
	s.beginDevice(r, false)
	return nil
}

func (s *site) confirmFactor(r *request) ([]string, error) {
	d, ok := s.device(r)
	if !ok {
		return nil, desk.BadField("codigo", "fator_de_novo")
	}
	if err := s.mayTry(r, flow.TryCode, r.user.Login); err != nil {
		return nil, err
	}
	codes := newRecoveryCodes()
	if err := s.flow.ConfirmFactor(r.Context(), r.user, d, r.typed("codigo"), auth.TOTPMatch, codes); err != nil {
		return nil, err
	}
	s.forgetDevice(r)
	s.sessions.Remove(r.Context(), sessionEnrol)
	return codes, s.flow.Forgive(r.Context(), flow.TryCode, r.user.Login, "")
}

func newRecoveryCodes() []string {
	codes := make([]string, flow.RecoveryCodes)
	for i := range codes {
		codes[i] = auth.NewRecoveryCode()
	}
	return codes
}

// byCode wants a code, of the device or of those for when it is lost: an open session is no licence to change what guards it.
func (s *site) byCode(r *request) error {
	right, err := s.useFactor(r, r.user, r.typed("codigo"))
	if err == nil && !right {
		err = desk.BadField("codigo", "codigo_errado")
	}
	return err
}

func (s *site) renewCodes(r *request) ([]string, error) {
	if err := s.byCode(r); err != nil {
		return nil, err
	}
	codes := newRecoveryCodes()
	return codes, s.flow.RenewRecoveryCodes(r.Context(), r.user, codes)
}

func (s *site) dropOwnFactor(r *request) error {
	must, err := s.mustHaveFactor(r, r.user)
	if err != nil {
		return err
	}
	if must {
		return desk.BadField("codigo", "fator_exigido")
	}
	if err := s.byCode(r); err != nil {
		return err
	}
	s.forgetDevice(r)
	return s.flow.DropFactor(r.Context(), r.actor(), r.user.ID)
}

// picture draws a text as a QR code: a path of its dark squares, in a square of size.
func picture(text string) (path string, size int, err error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return "", 0, err
	}
	const quiet = 4 // as the standard wants, so that cameras find it
	var b strings.Builder
	box := code.Bounds()
	for y := box.Min.Y; y < box.Max.Y; y++ {
		for x := box.Min.X; x < box.Max.X; x++ {
			if gray, _ := color.GrayModel.Convert(code.At(x, y)).(color.Gray); gray.Y < 128 {
				b.WriteString("M" + strconv.Itoa(x+quiet) + " " + strconv.Itoa(y+quiet) + "h1v1h-1z")
			}
		}
	}
	return b.String(), box.Dx() + 2*quiet, nil
}
