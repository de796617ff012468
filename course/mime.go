package course

import (
	"path"
	"strings"
)

// ContentType is the MIME type of a course file by its name's extension, from a table of ours: the same everywhere,
// never what an uploader claims. Unknown extensions are application/octet-stream.
func ContentType(name string) string {
	if t, ok := contentTypes[strings.ToLower(strings.TrimPrefix(path.Ext(name), "."))]; ok {
		return t
	}
	return "application/octet-stream"
}

var contentTypes = map[string]string{
	"apng": "image/apng", "avif": "image/avif", "bmp": "image/bmp", "gif": "image/gif", "ico": "image/x-icon", "jpeg": "image/jpeg",
	"jpg": "image/jpeg", "png": "image/png", "svg": "image/svg+xml", "tif": "image/tiff", "tiff": "image/tiff", "webp": "image/webp",
	"aac": "audio/aac", "flac": "audio/flac", "m4a": "audio/mp4", "mid": "audio/midi", "mp3": "audio/mpeg", "oga": "audio/ogg",
	"ogg": "audio/ogg", "wav": "audio/wav", "weba": "audio/webm",
	"avi": "video/x-msvideo", "m4v": "video/mp4", "mkv": "video/x-matroska", "mov": "video/quicktime", "mp4": "video/mp4",
	"mpeg": "video/mpeg", "mpg": "video/mpeg", "ogv": "video/ogg", "webm": "video/webm", "m3u8": "application/vnd.apple.mpegurl",
	"ts": "video/mp2t", "vtt": "text/vtt",
	"css": "text/css", "csv": "text/csv", "htm": "text/html", "html": "text/html", "ics": "text/calendar", "js": "text/javascript",
	"mjs": "text/javascript", "md": "text/markdown", "tsv": "text/tab-separated-values", "txt": "text/plain", "xml": "application/xml",
	"xhtml": "application/xhtml+xml", "json": "application/json", "map": "application/json", "wasm": "application/wasm",
	"eot": "application/vnd.ms-fontobject", "otf": "font/otf", "ttf": "font/ttf", "woff": "font/woff", "woff2": "font/woff2",
	"doc": "application/msword", "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	"epub": "application/epub+zip", "odp": "application/vnd.oasis.opendocument.presentation",
	"ods": "application/vnd.oasis.opendocument.spreadsheet", "odt": "application/vnd.oasis.opendocument.text", "pdf": "application/pdf",
	"ppt": "application/vnd.ms-powerpoint", "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
	"rtf": "application/rtf", "tex": "application/x-tex", "xls": "application/vnd.ms-excel",
	"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	"7z":   "application/x-7z-compressed", "bz2": "application/x-bzip2", "gz": "application/gzip", "jar": "application/java-archive",
	"rar": "application/vnd.rar", "tar": "application/x-tar", "tgz": "application/gzip", "zip": "application/zip",
	"svgz": "image/svg+xml",
}
