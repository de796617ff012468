package contentstore

import (
	"path"
	"strings"
)

// contentTypes is the fixed table of MIME types by extension: what the uploader says is not asked.
var contentTypes = map[string]string{
	".aac": "audio/aac", ".avi": "video/x-msvideo", ".avif": "image/avif", ".bmp": "image/bmp", ".bz2": "application/x-bzip2",
	".c": "text/plain", ".cfg": "text/plain", ".conf": "text/plain", ".css": "text/css", ".csv": "text/csv", ".cpp": "text/plain",
	".doc": "application/msword", ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	".eot": "application/vnd.ms-fontobject", ".eps": "application/postscript", ".epub": "application/epub+zip",
	".flac": "audio/flac", ".flv": "video/x-flv", ".gif": "image/gif", ".gz": "application/gzip", ".h": "text/plain",
	".htm": "text/html", ".html": "text/html", ".ico": "image/vnd.microsoft.icon", ".ics": "text/calendar",
	".ipynb": "application/json", ".java": "text/plain", ".jpeg": "image/jpeg", ".jpg": "image/jpeg", ".js": "text/javascript",
	".json": "application/json", ".m": "text/plain", ".m3u8": "application/vnd.apple.mpegurl", ".m4a": "audio/mp4",
	".m4v": "video/mp4", ".md": "text/markdown", ".mid": "audio/midi", ".mjs": "text/javascript", ".mkv": "video/x-matroska",
	".mov": "video/quicktime", ".mp3": "audio/mpeg", ".mp4": "video/mp4", ".mpeg": "video/mpeg", ".mpg": "video/mpeg",
	".odp": "application/vnd.oasis.opendocument.presentation", ".ods": "application/vnd.oasis.opendocument.spreadsheet",
	".odt": "application/vnd.oasis.opendocument.text", ".oga": "audio/ogg", ".ogg": "audio/ogg", ".ogv": "video/ogg",
	".otf": "font/otf", ".pdf": "application/pdf", ".png": "image/png",
	".ppt": "application/vnd.ms-powerpoint", ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
	".ps": "application/postscript", ".py": "text/x-python", ".r": "text/plain", ".rar": "application/vnd.rar", ".rtf": "application/rtf",
	".sh": "text/plain", ".sql": "text/plain", ".svg": "image/svg+xml", ".svgz": "image/svg+xml", ".swf": "application/x-shockwave-flash",
	".tar": "application/x-tar", ".tex": "application/x-tex", ".tif": "image/tiff", ".tiff": "image/tiff", ".ts": "video/mp2t",
	".tsv": "text/tab-separated-values", ".ttf": "font/ttf", ".txt": "text/plain", ".vtt": "text/vtt", ".wav": "audio/wav",
	".wasm": "application/wasm", ".weba": "audio/webm", ".webm": "video/webm", ".webp": "image/webp", ".wmv": "video/x-ms-wmv",
	".woff": "font/woff", ".woff2": "font/woff2", ".xhtml": "application/xhtml+xml", ".xls": "application/vnd.ms-excel",
	".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xml": "application/xml", ".yaml": "application/yaml",
	".yml": "application/yaml", ".zip": "application/zip",
	// As the platform we are compatible with serves transcripts.
	".sjson": "application/octet-stream", ".srt": "application/octet-stream",
}

// ContentType is the MIME type of a file name by our own table; unknown names are application/octet-stream.
func ContentType(name string) string {
	if t, ok := contentTypes[strings.ToLower(path.Ext(name))]; ok {
		return t
	}
	return "application/octet-stream"
}
