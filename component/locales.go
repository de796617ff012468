package component

import "embed"

// Locales are the texts of all kinds of blocks, for web/i18n.
//
//go:embed locales
var Locales embed.FS
