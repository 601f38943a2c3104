package blob_test

import (
	"strings"
	"testing"

	"ponte/internal/blob"
	"ponte/internal/desk"
)

func TestSniff(t *testing.T) {
	pe := "MZ\x90\x00\x03\x00\x00\x00" + strings.Repeat("\x00", 52) + "\x80\x00\x00\x00PE\x00\x00"
	for _, c := range []struct{ what, head, name, want string }{
		{"a photograph", "\xff\xd8\xff\xe1\x00\x10Exif", "a.jpg", "image/jpeg"},
		{"a screenshot", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "a.png", "image/png"},
		{"a GIF", "GIF89a\x01\x00", "a.gif", "image/gif"},
		{"a WebP", "RIFF\x24\x00\x00\x00WEBPVP8 ", "a.webp", "image/webp"},
		{"a PDF", "%PDF-1.7\n", "a.pdf", "application/pdf"},
		{"a photo of an iPhone", "\x00\x00\x00\x24ftypheic\x00\x00", "IMG_1.HEIC", "image/heic"},
		{"a film", "\x00\x00\x00\x18ftypmp42", "a.mp4", "video/mp4"},
		{"a film of an iPhone", "\x00\x00\x00\x14ftypqt  ", "a.mov", "video/quicktime"},
		{"a document", "PK\x03\x04\x14\x00", "laudo.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
		{"an archive", "PK\x03\x04\x14\x00", "fotos.zip", "application/zip"},
		{"an old sheet", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a.xls", "application/vnd.ms-excel"},
		{"a text", "Vistoria do apartamento 101", "a.txt", "text/plain"},
		{"a text with a sign in it", "1 < 2, e <script> depois", "a.txt", "text/plain"},
		{"less than", "< 3 m de altura", "a.txt", "text/plain"},
		{"bytes", "\x00\x01\x02\x03\x04", "a.bin", desk.TypeUnknown},
		{"nothing", "", "a", "text/plain"},
		{"initials", "MZ, a síndica, ligou às 14 h e pediu que alguém fosse ver o vazamento na garagem.", "a.txt", "text/plain"},

		{"HTML", "<!DOCTYPE html><title>x</title>", "foto.jpg", desk.TypeMarkup},
		{"HTML after blanks", "\r\n\t <script>alert(1)</script>", "foto.jpg", desk.TypeMarkup},
		{"HTML after a mark", "\xef\xbb\xbf<html>", "foto.jpg", desk.TypeMarkup},
		{"HTML after a comment", "<!-- x --><b onmouseover=x>", "foto.jpg", desk.TypeMarkup},
		{"HTML in UTF-16", "\xff\xfe<\x00h\x00t\x00m\x00l\x00", "foto.jpg", desk.TypeMarkup},
		{"HTML in UTF-16, the other way", "\xfe\xff\x00<\x00h\x00t\x00m\x00l", "foto.jpg", desk.TypeMarkup},
		{"an unknown tag", "<x-y onload=z>", "foto.jpg", desk.TypeMarkup},
		{"SVG", `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`, "planta.svg", desk.TypeMarkup},
		{"XML", `<?xml version="1.0"?><svg/>`, "planta.png", desk.TypeMarkup},
		{"PHP", "<?php system($_GET[0]);", "a.txt", desk.TypeMarkup},
		{"ASP", "<% eval request(0) %>", "a.txt", desk.TypeMarkup},
		{"a script", "#!/bin/sh\nrm -rf /", "foto.jpg", desk.TypeScript},
		{"a program of Windows", pe, "foto.jpg", desk.TypeProgram},
		{"a program of Linux", "\x7fELF\x02\x01\x01", "foto.jpg", desk.TypeProgram},
		{"a program of macOS", "\xcf\xfa\xed\xfe\x07\x00", "foto.jpg", desk.TypeProgram},
		{"a program of Java", "\xca\xfe\xba\xbe\x00\x00\x00\x41", "foto.jpg", desk.TypeProgram},
		{"WebAssembly", "\x00asm\x01\x00\x00\x00", "foto.jpg", desk.TypeProgram},
		{"a shortcut", "L\x00\x00\x00\x01\x14\x02\x00\x00\x00\x00\x00", "foto.jpg", desk.TypeProgram},
		{"a picture with a page in it", "GIF89a=\"<script>alert(1)</script>\"", "a.gif", "image/gif"}, // inert: never served as a page
	} {
		if got := blob.Sniff([]byte(c.head), c.name); got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
}
