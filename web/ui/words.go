package ui

import (
	"context"

	"lyceum/web/i18n"
)

// noticeRole makes errors heard at once and the rest when there is a pause.
func noticeRole(p NoticeProps) string {
	if p.kind() == "error" {
		return "alert"
	}
	return "status"
}

// noticeWord says in a word what color and icon say to the eye.
func noticeWord(ctx context.Context, p NoticeProps) string {
	switch p.kind() {
	case "success":
		return i18n.T(ctx, "ui.kind.success")
	case "warning":
		return i18n.T(ctx, "ui.kind.warning")
	case "error":
		return i18n.T(ctx, "ui.kind.error")
	}
	return i18n.T(ctx, "ui.kind.info")
}

func lastIsPage(i int, links []Link) string {
	if i == len(links)-1 {
		return "page"
	}
	return ""
}

func stays(p DialogProps) string {
	if p.Stays {
		return "beside"
	}
	return ""
}

func checkboxValue(p FieldProps) string {
	if p.Value == "" {
		return "true"
	}
	return p.Value
}
