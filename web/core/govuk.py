"""The globals of our templates: components of the design system, addresses of static files, this page's address."""

from collections.abc import Callable, Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlencode

from flask import Flask, request, url_for
from jinja2 import ChainableUndefined, Environment, PackageLoader, PrefixLoader
from markupsafe import Markup
from wtforms import Field, SelectField

from reviews.core.template_cache import template_cache

Component = Callable[[str, Mapping[str, object]], Markup]


def equip(app: Flask) -> None:
    """Give the templates ``component``, ``field_component``, ``asset`` and ``address``."""
    static = Path(str(app.static_folder))
    app.jinja_env.bytecode_cache = template_cache()
    component = component_renderer(app.jinja_env)

    @cache
    def asset(name: str) -> str:
        return url_for("static", filename=name, v=_fingerprint(static / name))

    app.jinja_env.globals.update(
        component=component,
        field_component=field_renderer(component),
        asset=asset,
        address=address,
    )


def component_renderer(ours: Environment) -> Component:
    """``component("button", {"text": "Save"})`` renders one GOV.UK component.

    The library's macros ask for options that were not given, which our StrictUndefined refuses, so they run in an
    overlay of their own.
    """
    library = PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")})
    theirs = ours.overlay(undefined=ChainableUndefined, loader=library)

    def component(name: str, options: Mapping[str, object]) -> Markup:
        macros = theirs.get_template(f"govuk_frontend_jinja/components/{name}/macro.html").module
        macro = getattr(macros, "govuk" + name.title().replace("-", ""))
        return Markup(macro(options))  # noqa: S704  # a macro of the library, which escapes what it is given

    return component


def field_renderer(component: Component) -> Callable[..., Markup]:
    """``field_component("input", form.title, "A hint")``: a component with a form field's label, hint and error."""

    def field_component(
        name: str, field: Field, words: str | None, hints: Mapping[str, str] = MappingProxyType({}), **options: object
    ) -> Markup:
        label = f"{field.label.text} (optional)" if field.flags.optional else field.label.text
        hint = words or field.description
        shared = {
            "id": field.id,
            "idPrefix": field.id,
            "name": field.name,
            "label": {"text": label, "classes": "govuk-label--s"},
            "fieldset": {"legend": {"text": label, "classes": "govuk-fieldset__legend--s"}},
            "hint": {"text": hint} if hint else None,
            "errorMessage": {"text": field.errors[0]} if field.errors else None,
            "items": _choices(field, hints),
        }
        return component(name, shared | options)

    return field_component


def address(**changes: object) -> str:
    """Give this page's address with some values of its query changed; None removes one."""
    unchanged = [(name, value) for name, value in request.args.items(multi=True) if name not in changes]
    added = [(name, str(value)) for name, value in changes.items() if value is not None]
    return "?" + urlencode(unchanged + added)


def _choices(field: Field, hints: Mapping[str, str]) -> list[dict[str, object]]:
    if not isinstance(field, SelectField):
        return []
    return [
        {
            "value": option.data,
            "text": option.label.text,
            "selected": option.checked,
            "checked": option.checked,
            "hint": {"text": hints[option.data]} if option.data in hints else None,
        }
        for option in field
    ]


def _fingerprint(file: Path) -> str:
    return sha256(file.read_bytes()).hexdigest()[:12]
