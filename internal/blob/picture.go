package blob

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	stddraw "image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/draw"
	"golang.org/x/image/webp"
)

// errPicture is everything that is the picture's own fault.
var errPicture = errors.New("not a picture that can be shown small")

// picture is what a file says of itself before it is decoded.
type picture struct {
	kind   string
	memory int64 // that decoding takes, at the most
	turn   int   // EXIF orientation, 1 to 8
}

const (
	thumbnailSide    = 480
	thumbnailQuality = 80
)

// inspect reads a picture's header and refuses one that claims to be too large.
func inspect(r io.ReadSeeker, kind string) (*picture, error) {
	p := &picture{kind: kind, turn: 1}
	read := map[string]func(io.Reader) (image.Config, error){"image/jpeg": jpeg.DecodeConfig, "image/png": png.DecodeConfig,
		"image/gif": gif.DecodeConfig, "image/webp": webp.DecodeConfig}[kind]
	if read == nil {
		return nil, fmt.Errorf("%w: %s", errPicture, kind)
	}
	c, err := safely(func() (image.Config, error) { return read(r) })
	if err != nil {
		return nil, err
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	if c.Width < 1 || c.Height < 1 || c.Width > maxSide || c.Height > maxSide || int64(c.Width)*int64(c.Height) > maxPixels {
		return nil, fmt.Errorf("%w: %d x %d pixels", errPicture, c.Width, c.Height)
	}
	perPixel, err := p.bytesPerPixel(bufio.NewReader(r), c)
	if err != nil {
		return nil, err
	}
	strip := 4 * c.Width * min(c.Height, averagedBy(c.Width, c.Height))
	p.memory = int64(float64(c.Width)*float64(c.Height)*perPixel) + int64(strip) + 4<<20
	if p.memory > decodeMemory {
		return nil, fmt.Errorf("%w: decoding takes %d bytes", errPicture, p.memory)
	}
	_, err = r.Seek(0, io.SeekStart)
	return p, err
}

// bytesPerPixel is what the decoders of Go allocate, measured in their sources.
func (p *picture) bytesPerPixel(r *bufio.Reader, c image.Config) (float64, error) {
	switch p.kind {
	case "image/jpeg":
		f, err := readJPEG(r)
		p.turn = f.turn
		if f.progressive { // all coefficients are kept, 4 bytes each
			return 5 * f.samples, err
		}
		return f.samples, err
	case "image/png":
		perPixel := map[color.Model]float64{color.GrayModel: 1, color.Gray16Model: 2, color.RGBAModel: 4, color.NRGBAModel: 4}[c.ColorModel]
		if _, paletted := c.ColorModel.(color.Palette); paletted {
			perPixel = 1
		} else if perPixel == 0 {
			perPixel = 8
		}
		head, err := r.Peek(29)
		if err != nil {
			return 0, fmt.Errorf("%w: %w", errPicture, err)
		}
		if head[28] != 0 { // interlaced: every pass is an image of its own
			perPixel *= 2
		}
		return perPixel, nil
	case "image/gif":
		return 1, nil // the first frame alone
	}
	return 12, nil // WebP: its lossless kind with a transparent channel, the worst
}

// shrink decodes, scales, turns and encodes.
func (p *picture) shrink(r io.Reader) ([]byte, error) {
	decode := map[string]func(io.Reader) (image.Image, error){"image/jpeg": jpeg.Decode, "image/png": png.Decode,
		"image/gif": gif.Decode, "image/webp": webp.Decode}[p.kind]
	in := bufio.NewReaderSize(r, 32<<10)
	img, err := safely(func() (image.Image, error) { return decode(in) })
	if err != nil {
		return nil, err
	}
	if img.Bounds().Empty() {
		return nil, fmt.Errorf("%w: empty", errPicture)
	}
	var b bytes.Buffer
	err = jpeg.Encode(&b, turned(scaled(img), p.turn), &jpeg.Options{Quality: thumbnailQuality})
	return b.Bytes(), err
}

// safely makes every fault of a decoder, a panic too, the picture's.
func safely[T any](decode func() (T, error)) (v T, err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			err = fmt.Errorf("%w: panic: %v", errPicture, panicked)
		}
	}()
	if v, err = decode(); err != nil {
		err = fmt.Errorf("%w: %w", errPicture, err)
	}
	return v, err
}

// scaled makes the longer side 480 pixels at the most, on white. First whole pixels are averaged, strip by strip, so
// that the memory taken beside the picture stays small; then what is left, by less than a half.
func scaled(img image.Image) *image.RGBA {
	src := averaged(img, averagedBy(img.Bounds().Dx(), img.Bounds().Dy()))
	w, h := src.Bounds().Dx(), src.Bounds().Dy()
	longer := max(w, h)
	if longer <= thumbnailSide {
		return src
	}
	fit := func(side int) int { return max(1, side*thumbnailSide/longer) }
	dst := image.NewRGBA(image.Rect(0, 0, fit(w), fit(h)))
	draw.ApproxBiLinear.Scale(dst, dst.Bounds(), src, src.Bounds(), draw.Src, nil)
	return dst
}

// averagedBy leaves less than twice the thumbnail's side.
func averagedBy(w, h int) int { return max(1, max(w, h)/thumbnailSide) }

// averaged makes one pixel of by x by, on white.
func averaged(img image.Image, by int) *image.RGBA {
	from := img.Bounds()
	dst := image.NewRGBA(image.Rect(0, 0, max(1, from.Dx()/by), max(1, from.Dy()/by)))
	strip := image.NewRGBA(image.Rect(0, 0, from.Dx(), min(by, from.Dy())))
	acrossBy := min(by, from.Dx())
	for y := range dst.Rect.Dy() {
		stddraw.Draw(strip, strip.Rect, image.White, image.Point{}, stddraw.Src)
		stddraw.Draw(strip, strip.Rect, img, image.Pt(from.Min.X, from.Min.Y+y*by), stddraw.Over)
		for x := range dst.Rect.Dx() {
			var sum [3]int
			for sy := range strip.Rect.Dy() {
				row := strip.Pix[sy*strip.Stride+x*by*4:][:acrossBy*4]
				for i := 0; i < len(row); i += 4 {
					sum[0], sum[1], sum[2] = sum[0]+int(row[i]), sum[1]+int(row[i+1]), sum[2]+int(row[i+2])
				}
			}
			n := acrossBy * strip.Rect.Dy()
			dst.SetRGBA(x, y, color.RGBA{uint8(sum[0] / n), uint8(sum[1] / n), uint8(sum[2] / n), 255})
		}
	}
	return dst
}

// turned undoes an EXIF orientation: cameras write the picture as the sensor saw it, and how it was held.
func turned(img *image.RGBA, turn int) *image.RGBA {
	if turn < 2 || turn > 8 {
		return img
	}
	w, h := img.Rect.Dx(), img.Rect.Dy()
	dst := image.NewRGBA(image.Rect(0, 0, w, h))
	if turn >= 5 {
		dst = image.NewRGBA(image.Rect(0, 0, h, w))
	}
	for y := range h {
		for x := range w {
			to := [...][2]int{{w - 1 - x, y}, {w - 1 - x, h - 1 - y}, {x, h - 1 - y}, {y, x}, {h - 1 - y, x}, {h - 1 - y, w - 1 - x}, {y, w - 1 - x}}[turn-2]
			dst.SetRGBA(to[0], to[1], img.RGBAAt(x, y))
		}
	}
	return dst
}
