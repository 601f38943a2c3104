package i18n

import "golang.org/x/text/message"

// Size is how large a file is, as people say it: "812 KB", "3,4 MB". What is below a kilobyte is one.
func (l *Localizer) Size(bytes int64) string {
	const kilo = 1 << 10
	p := message.NewPrinter(l.tag)
	switch kb := (bytes + kilo - 1) / kilo; {
	case kb < kilo:
		return p.Sprintf("%d KB", max(1, kb))
	case bytes < 10*kilo*kilo:
		return p.Sprintf("%.1f MB", float64(bytes)/kilo/kilo)
	}
	return p.Sprintf("%.0f MB", float64(bytes)/kilo/kilo)
}
