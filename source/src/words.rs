//! Words by which identity, roles and denials are known in code. The one place where they are listed; sorted.

/// Attributes and helpers that say whether a caller has signed in.
pub(crate) const SIGNED_IN: [&str; 8] = [
    "is_active_user",
    "is_anonymous",
    "is_authenticated",
    "isauthenticated",
    "logged_in",
    "loggedin",
    "login_required",
    "loginrequired",
];

/// Attributes and helpers that say whether a caller has a role or a permission.
pub(crate) const ROLES: [&str; 20] = [
    "admin",
    "check_permission",
    "check_permissions",
    "check_perms",
    "groups",
    "has_admin",
    "has_perm",
    "has_permission",
    "has_perms",
    "has_role",
    "hasrole",
    "is_admin",
    "is_manager",
    "is_moderator",
    "is_staff",
    "is_superuser",
    "issuperuser",
    "role",
    "roles",
    "user_permissions",
];

/// Exceptions and answers by which a caller is refused.
pub(crate) const DENIALS: [&str; 18] = [
    "AuthenticationFailed",
    "Forbidden",
    "Http404",
    "HttpForbidden",
    "HttpResponseForbidden",
    "HttpResponseRedirect",
    "HttpResponseUnauthorized",
    "NotAuthenticated",
    "PermissionDenied",
    "SuspiciousOperation",
    "Unauthorized",
    "abort",
    "deny",
    "handle_no_permission",
    "permission_denied",
    "raise_permission_denied",
    "redirect",
    "redirect_to_login",
];
