package blob

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
)

// jpegFacts is what the headers of a JPEG say that the standard library keeps to itself.
type jpegFacts struct {
	turn        int     // EXIF orientation, 1 where nothing is said
	progressive bool    // all of it must be kept in memory until the end
	samples     float64 // per pixel: 1.5 for most cameras, 3 for most screenshots
}

// Markers of JPEG.
const (
	markSOF2 = 0xc2
	markDHT  = 0xc4
	markJPG  = 0xc8
	markDAC  = 0xcc
	markSOI  = 0xd8
	markEOI  = 0xd9
	markSOS  = 0xda
	markAPP1 = 0xe1
)

func readJPEG(r *bufio.Reader) (jpegFacts, error) {
	f := jpegFacts{turn: 1}
	for {
		marker, segment, err := nextSegment(r)
		if err != nil {
			return f, fmt.Errorf("%w: %w", errPicture, err)
		}
		switch {
		case marker == markAPP1:
			f.turn = orientation(segment)
		case marker >= 0xc0 && marker <= 0xcf && marker != markDHT && marker != markJPG && marker != markDAC:
			f.progressive = marker == markSOF2
			f.samples = samplesPerPixel(segment)
			return f, nil
		case marker == markSOS || marker == markEOI:
			return f, fmt.Errorf("%w: no frame", errPicture)
		}
	}
}

// nextSegment answers the next marker with what belongs to it.
func nextSegment(r *bufio.Reader) (marker byte, segment []byte, err error) {
	for marker != 0xff {
		if marker, err = r.ReadByte(); err != nil {
			return 0, nil, err
		}
	}
	for marker == 0xff {
		if marker, err = r.ReadByte(); err != nil {
			return 0, nil, err
		}
	}
	if marker <= 0x01 || marker >= 0xd0 && marker <= markEOI {
		return marker, nil, nil // stands alone
	}
	var size [2]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return 0, nil, err
	}
	segment = make([]byte, max(0, int(binary.BigEndian.Uint16(size[:]))-2))
	_, err = io.ReadFull(r, segment)
	return marker, segment, err
}

// samplesPerPixel counts what is stored: colours are mostly kept at half the width and height. What makes no sense is
// taken for the worst.
func samplesPerPixel(frame []byte) float64 {
	const worst = 4
	if len(frame) < 6 || len(frame) < 6+3*int(frame[5]) {
		return worst
	}
	sum, across, down := 0, 0, 0
	for i := range int(frame[5]) {
		h, v := int(frame[7+3*i]>>4), int(frame[7+3*i]&15)
		sum, across, down = sum+h*v, max(across, h), max(down, v)
	}
	if across == 0 || down == 0 {
		return worst
	}
	return float64(sum) / float64(across*down)
}

// orientation reads the one tag that is wanted of an EXIF segment; 1 where it isn't there.
func orientation(segment []byte) int {
	tiff, ok := bytes.CutPrefix(segment, []byte("Exif\x00\x00"))
	if !ok || len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.BigEndian
	if string(tiff[:2]) == "II" {
		order = binary.LittleEndian
	}
	at := int64(order.Uint32(tiff[4:]))
	if at+2 > int64(len(tiff)) {
		return 1
	}
	entries := tiff[at+2:]
	for range order.Uint16(tiff[at:]) {
		if len(entries) < 12 {
			return 1
		}
		if turn := order.Uint16(entries[8:]); order.Uint16(entries) == 0x0112 && turn >= 1 && turn <= 8 {
			return int(turn)
		}
		entries = entries[12:]
	}
	return 1
}
