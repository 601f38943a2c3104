package desk

import (
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of attachments.
const (
	MaxFile  = 20 << 20 // bytes of one
	MaxFiles = 20       // that go with one movement or comment
)

// Types that stand for content that is never taken, whatever its name says. Who sniffs answers one of them, or a
// media type.
const (
	TypeMarkup  = "text/x-markup"            // HTML, SVG, XML: a browser would run what it says
	TypeScript  = "text/x-script"            // begins with #!
	TypeProgram = "application/x-executable" // PE, ELF, Mach-O, Java, WebAssembly, shortcuts
)

// TypeUnknown is what is not recognised, and how everything is served that is not shown.
const TypeUnknown = "application/octet-stream"

// shown are the only types that a browser is let show; everything else is a download of unknown type.
var shown = []string{"image/jpeg", "image/png", "image/gif", "image/webp", "application/pdf"}

// ShownInline says whether a browser may show content of this sniffed type on a page.
func ShownInline(sniffed string) bool { return slices.Contains(shown, sniffed) }

// IsPicture says whether there may be a thumbnail.
func IsPicture(sniffed string) bool {
	return ShownInline(sniffed) && strings.HasPrefix(sniffed, "image/")
}

// ServedType is the only Content-Type under which content of this sniffed type may be handed out.
func ServedType(sniffed string) string {
	if ShownInline(sniffed) {
		return sniffed
	}
	return TypeUnknown
}

// CheckFile refuses what would run on the computer of whoever opens it: by what it is, and, because a script can't
// be told from a text, by its name as well.
func CheckFile(name, sniffed string) *Error {
	switch sniffed {
	case TypeMarkup:
		return Fail(ErrUnsupported, "motivo", "arquivo_pagina")
	case TypeScript, TypeProgram:
		return Fail(ErrUnsupported, "motivo", "arquivo_programa")
	}
	if slices.Contains(runnable, extension(name)) {
		return Fail(ErrUnsupported, "motivo", "arquivo_nome_de_programa")
	}
	return nil
}

// runnable are the extensions that Windows, macOS or a browser runs, or follows, on a double click.
var runnable = strings.Fields(`ade adp apk app appx bat chm cmd com cpl dll dmg docm dotm exe gadget hta htm html
	hlp inf ins iso isp jar jnlp js jse lnk mde mht mhtml msc msi msix msp mst pif ppam pptm ps1 ps2 psc1 py rb reg run
	scf scr sct settingcontent-ms sh shb shs shtml svg svgz swf sys url vb vbe vbs vhd vhdx wasm ws wsc wsf wsh xaml
	xbap xht xhtml xlam xll xlsm xltm xml xsl xslt`)

func extension(name string) string {
	return strings.ToLower(strings.TrimPrefix(path.Ext(FileName(name)), "."))
}

// maxFileName is how many characters of a name are kept; 120 fit every file system, with room for "(2)".
const maxFileName = 120

// FileName makes a name that a browser may save under: no folders, nothing invisible, nothing that turns the
// direction of reading (which makes "fdp.exe" of "exe.pdf"), no characters that Windows gives a meaning.
func FileName(raw string) string {
	raw = strings.ToValidUTF8(raw, "_")
	if i := strings.LastIndexAny(raw, `/\`); i >= 0 {
		raw = raw[i+1:]
	}
	name := strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune(`<>:"|?*`, r):
			return '_'
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.In(r, unicode.Cf, unicode.Co, unicode.Cs):
			return -1
		}
		return r
	}, raw)
	name = strings.Trim(strings.Join(strings.Fields(name), " "), " .")
	if name == "" {
		return "anexo"
	}
	if n := utf8.RuneCountInString(name); n > maxFileName {
		ext := path.Ext(name)
		if utf8.RuneCountInString(ext) > 12 {
			ext = ""
		}
		stem := []rune(strings.TrimSuffix(name, ext))
		name = strings.TrimRight(string(stem[:maxFileName-utf8.RuneCountInString(ext)]), " .") + ext
	}
	return name
}
