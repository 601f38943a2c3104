package blob_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"testing"
	"time"

	"ponte/internal/blob"
)

// quarters is red, green, blue and white, so that one sees how it was turned.
func quarters(w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i, c := range []color.RGBA{{255, 0, 0, 255}, {0, 255, 0, 255}, {0, 0, 255, 255}, {255, 255, 255, 255}} {
		at := image.Rect(0, 0, w-w/2, h-h/2).Add(image.Pt(i%2*(w/2), i/2*(h/2)))
		draw.Draw(img, at, image.NewUniform(c), image.Point{}, draw.Src)
	}
	return img
}

// corner says which of the four a corner of a picture shows; the corners are named as quarters paints them.
func corner(img image.Image, right, low bool) string {
	b := img.Bounds()
	x, y := b.Min.X+b.Dx()/4, b.Min.Y+b.Dy()/4
	if right {
		x += b.Dx() / 2
	}
	if low {
		y += b.Dy() / 2
	}
	r, g, bl, _ := img.At(x, y).RGBA()
	switch {
	case r > 0xc000 && g > 0xc000 && bl > 0xc000:
		return "W"
	case r > 0xc000:
		return "R"
	case g > 0xc000:
		return "G"
	case bl > 0xc000:
		return "B"
	}
	return "?"
}

func jpegOf(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 90}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withTurn puts an EXIF orientation into a JPEG.
func withTurn(file []byte, turn int, order binary.AppendByteOrder) []byte {
	mark := "MM"
	if order == binary.AppendByteOrder(binary.LittleEndian) {
		mark = "II"
	}
	tiff := order.AppendUint32(order.AppendUint16([]byte(mark), 42), 8)
	tiff = order.AppendUint16(tiff, 2)
	tiff = order.AppendUint32(order.AppendUint32(order.AppendUint16(order.AppendUint16(tiff, 0x0110), 2), 4), 0)
	tiff = order.AppendUint16(order.AppendUint32(order.AppendUint16(order.AppendUint16(tiff, 0x0112), 3), 1), uint16(turn))
	tiff = append(tiff, 0, 0, 0, 0, 0, 0)
	segment := append([]byte("Exif\x00\x00"), tiff...)
	out := append(bytes.Clone(file[:2]), 0xff, 0xe1)
	out = binary.BigEndian.AppendUint16(out, uint16(len(segment)+2))
	return append(append(out, segment...), file[2:]...)
}

func thumbnail(t testing.TB, s *blob.Store, content []byte) (image.Image, error) {
	t.Helper()
	id := put(t, s, content)
	r, err := s.Thumbnail(t.Context(), id, blob.Sniff(content, ""))
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	img, err := jpeg.Decode(r)
	if err != nil {
		t.Fatal(err)
	}
	return img, nil
}

func TestThumbnails(t *testing.T) {
	var asPNG, asGIF bytes.Buffer
	if err := png.Encode(&asPNG, quarters(700, 350)); err != nil {
		t.Fatal(err)
	}
	if err := gif.Encode(&asGIF, quarters(300, 600), nil); err != nil {
		t.Fatal(err)
	}
	webp, err := base64.StdEncoding.DecodeString("UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA")
	if err != nil {
		t.Fatal(err)
	}
	s, _ := folder(t)
	for name, c := range map[string]struct {
		file []byte
		want image.Point
	}{
		"large":        {jpegOf(t, quarters(1001, 750)), image.Pt(480, 360)},
		"barely large": {jpegOf(t, quarters(500, 400)), image.Pt(480, 384)},
		"small":        {jpegOf(t, quarters(40, 30)), image.Pt(40, 30)},
		"a line":       {jpegOf(t, quarters(3000, 4)), image.Pt(480, 1)},
		"PNG":          {asPNG.Bytes(), image.Pt(480, 240)},
		"GIF":          {asGIF.Bytes(), image.Pt(240, 480)},
		"a dot, WebP":  {webp, image.Pt(1, 1)},
	} {
		img, err := thumbnail(t, s, c.file)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if img.Bounds().Size() != c.want {
			t.Errorf("%s: %v, want %v", name, img.Bounds().Size(), c.want)
		}
		if c.want.X > 1 && c.want.Y > 1 && corner(img, false, false)+corner(img, true, false)+corner(img, false, true)+corner(img, true, true) != "RGBW" {
			t.Errorf("%s: its corners have other colours", name)
		}
	}
}

// Cameras say how they were held; a browser obeys, and so must a thumbnail.
func TestThumbnailsAreUpright(t *testing.T) {
	s, _ := folder(t)
	file := jpegOf(t, quarters(96, 48))
	for turn, want := range map[int]string{1: "RGBW", 2: "GRWB", 3: "WBGR", 4: "BWRG", 5: "RBGW", 6: "BRWG", 7: "WGBR", 8: "GWRB"} {
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			img, err := thumbnail(t, s, withTurn(file, turn, order))
			if err != nil {
				t.Fatal(err)
			}
			if got := corner(img, false, false) + corner(img, true, false) + corner(img, false, true) + corner(img, true, true); got != want {
				t.Errorf("orientation %d: %s, want %s", turn, got, want)
			}
			if tall := img.Bounds().Dy() > img.Bounds().Dx(); tall != (turn >= 5) {
				t.Errorf("orientation %d: %v", turn, img.Bounds())
			}
		}
	}
}

// pngClaiming is a PNG of a few bytes that claims to be of any size.
func pngClaiming(w, h uint32, depth, kind, interlace byte) []byte {
	chunk := func(out []byte, name string, data []byte) []byte {
		out = binary.BigEndian.AppendUint32(out, uint32(len(data)))
		body := append([]byte(name), data...)
		return binary.BigEndian.AppendUint32(append(out, body...), crc32.ChecksumIEEE(body))
	}
	header := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)
	return chunk(chunk([]byte("\x89PNG\r\n\x1a\n"), "IHDR", append(header, depth, kind, 0, 0, interlace)), "IDAT", []byte("x\x9c"))
}

// jpegClaiming is the headers of a JPEG alone.
func jpegClaiming(sof byte, w, h uint16) []byte {
	out := []byte{0xff, 0xd8, 0xff, sof, 0, 17, 8}
	out = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(out, h), w)
	return append(out, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0)
}

// What can't be a thumbnail costs next to nothing, and is not tried again.
func TestNoThumbnail(t *testing.T) {
	whole := jpegOf(t, quarters(600, 400))
	for name, file := range map[string][]byte{
		"cut short":              whole[:len(whole)/2],
		"headers alone":          jpegClaiming(0xc0, 900, 600),
		"progressive and huge":   jpegClaiming(0xc2, 6000, 6000),
		"60,000 pixels a side":   pngClaiming(60000, 60000, 8, 2, 0),
		"2 thousand million":     pngClaiming(1<<31-1, 1<<31-1, 8, 2, 0),
		"deep and large":         pngClaiming(7000, 7000, 16, 6, 0),
		"interlaced and large":   pngClaiming(7000, 7000, 8, 6, 1),
		"no pixels":              pngClaiming(0, 0, 8, 2, 0),
		"a signature":            []byte("\x89PNG\r\n\x1a\n"),
		"a GIF of nothing":       []byte("GIF89a\xff\xff\xff\xff\x00\x00\x00;"),
		"a WebP of nothing":      []byte("RIFF\x24\x00\x00\x00WEBPVP8 \x00\x00\x00\x00"),
		"no picture":             []byte("%PDF-1.7"),
		"a picture with a page":  []byte("GIF89a=\"<script>alert(1)</script>\""),
		"JPEG of a single mark":  {0xff, 0xd8, 0xff},
		"JPEG of endless filler": append([]byte{0xff, 0xd8}, bytes.Repeat([]byte{0xff}, 5000)...),
	} {
		s, dir := folder(t)
		began := time.Now()
		_, err := thumbnail(t, s, file)
		if !errors.Is(err, blob.ErrNoThumbnail) {
			t.Errorf("%s: %v", name, err)
		}
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("%s took %v", name, took)
		}
		if n := len(files(t, dir)); n != 2 { // with the mark that there is none
			t.Errorf("%s: %d files", name, n)
		}
	}
}

func TestThumbnailGoesWithItsOriginal(t *testing.T) {
	file := jpegOf(t, quarters(600, 400))
	each(t, func(t *testing.T, s *blob.Store) {
		for range 2 { // made, and found
			if _, err := thumbnail(t, s, file); err != nil {
				t.Fatal(err)
			}
		}
		id := put(t, s, file)
		if err := s.Remove(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Thumbnail(t.Context(), id, "image/jpeg"); !errors.Is(err, blob.ErrNotFound) {
			t.Errorf("of what is gone: %v", err)
		}
	})
	s, dir := folder(t)
	if _, err := thumbnail(t, s, file); err != nil || len(files(t, dir)) != 2 {
		t.Fatalf("%v: %v", files(t, dir), err)
	}
	if err := s.Remove(t.Context(), put(t, s, file)); err != nil || len(files(t, dir)) != 0 {
		t.Errorf("left %v: %v", files(t, dir), err)
	}
}

func BenchmarkThumbnail12MP(b *testing.B) {
	s, _ := folder(b)
	file := jpegOf(b, quarters(4000, 3000))
	id := put(b, s, file)
	b.ReportAllocs()
	for b.Loop() {
		r, err := s.Thumbnail(b.Context(), id, "image/jpeg")
		if err != nil {
			b.Fatal(err)
		}
		_ = r.Close()
		b.StopTimer()
		if err := s.Remove(b.Context(), id); err != nil {
			b.Fatal(err)
		}
		put(b, s, file)
		b.StartTimer()
	}
}
