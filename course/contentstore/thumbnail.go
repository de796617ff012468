package contentstore

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	_ "image/gif" // decoders of the images that have thumbnails
	"image/jpeg"
	_ "image/png" // likewise
	"io"
	"path"
	"strings"

	"lyceum/course"
	"lyceum/internal/fault"
)

const (
	thumbnailSide    = 128
	thumbnailQuality = 80
	maxPixels        = 40_000_000 // of the image, known from its header before anything is decoded
	maxImageBytes    = 64 << 20
)

// ThumbnailName is the name of the thumbnail of an image, "" for files that have none: the extension stays unless it is
// .jpg, with its dot as "-", and .jpg follows.
func ThumbnailName(name string) string {
	ext := path.Ext(name)
	switch strings.ToLower(ext) {
	case ".jpg":
		return course.AssetName(strings.TrimSuffix(name, ext) + ".jpg")
	case ".jpeg", ".png", ".gif":
		return course.AssetName(strings.TrimSuffix(name, ext) + "-" + ext[1:] + ".jpg")
	default:
		return ""
	}
}

// Thumbnail makes a JPEG that fits into 128x128 of an image, on white where the image is transparent. An image that is
// none, or is too large to be decoded, is refused as Invalid or TooLarge; the file is good without one.
func Thumbnail(r io.ReadSeeker) ([]byte, error) {
	limited := &io.LimitedReader{R: r, N: maxImageBytes}
	config, _, err := image.DecodeConfig(limited)
	if err != nil {
		return nil, fault.Invalidf("thumbnail: %w", err)
	}
	if config.Width <= 0 || config.Height <= 0 || int64(config.Width)*int64(config.Height) > maxPixels {
		return nil, fault.TooLargef("thumbnail: image of %d x %d", config.Width, config.Height)
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("thumbnail: %w", err)
	}
	limited.N = maxImageBytes
	img, err := decode(limited)
	if err != nil {
		return nil, fault.Invalidf("thumbnail: %w", err)
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, shrink(img), &jpeg.Options{Quality: thumbnailQuality}); err != nil {
		return nil, fmt.Errorf("thumbnail: %w", err)
	}
	return out.Bytes(), nil
}

// decode reads an image; a decoder that panics on hostile bytes only refuses them.
func decode(r io.Reader) (img image.Image, err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("image cannot be decoded")
		}
	}()
	img, _, err = image.Decode(r)
	return img, err
}

// shrink averages the pixels that fall on each pixel of the thumbnail; small images stay as they are.
func shrink(img image.Image) image.Image {
	b := img.Bounds()
	w, h := b.Dx(), b.Dy()
	tw, th := w, h
	if w > thumbnailSide || h > thumbnailSide {
		if w >= h {
			tw, th = thumbnailSide, max(1, h*thumbnailSide/w)
		} else {
			tw, th = max(1, w*thumbnailSide/h), thumbnailSide
		}
	}
	out := image.NewRGBA(image.Rect(0, 0, tw, th))
	draw.Draw(out, out.Bounds(), image.White, image.Point{}, draw.Src)
	for y := range th {
		for x := range tw {
			out.SetRGBA(x, y, average(img, image.Rect(
				b.Min.X+x*w/tw, b.Min.Y+y*h/th, b.Min.X+max(x*w/tw+1, (x+1)*w/tw), b.Min.Y+max(y*h/th+1, (y+1)*h/th))))
		}
	}
	return out
}

// average is the mean color of a rectangle over white.
func average(img image.Image, r image.Rectangle) color.RGBA {
	// Sixteen samples a side are enough, and bound the work for large images.
	stepX, stepY := max(1, r.Dx()/16), max(1, r.Dy()/16)
	var red, green, blue, n uint64
	for y := r.Min.Y; y < r.Max.Y; y += stepY {
		for x := r.Min.X; x < r.Max.X; x += stepX {
			cr, cg, cb, ca := img.At(x, y).RGBA() // alpha-premultiplied
			white := uint64(0xffff - ca)
			red, green, blue, n = red+uint64(cr)+white, green+uint64(cg)+white, blue+uint64(cb)+white, n+1
		}
	}
	return color.RGBA{uint8(red / n >> 8), uint8(green / n >> 8), uint8(blue / n >> 8), 0xff}
}
