"""What a position in a company means for who answers ("General Manager", "Eigentümerin"), in the languages of review sites."""

from __future__ import annotations

import re

_OWNER = re.compile(r"\bowner|propri[eé]t|propietari|proprietari|inhaber|eigent[uü]mer|eigenaar|\bägare|\beier\b|\bejer\b|omistaja|właściciel|majitel|владелец|собственник|tulajdonos|ιδιοκτ|所有者|业主|オーナー", re.I)
_MANAGER = re.compile(r"manag|direct|direkt|diretor|direttore|gerente|responsable|responsabile|leiter|leitung|leder|geschäftsführ|chef|менеджер|управля|директор|müdür|dyrektor|ředitel|johtaja|支配人|经理", re.I)


def role(position: str | None) -> str:
    """The role that a position in a company means ("General Manager")."""
    return "owner" if _OWNER.search(position or "") else "manager" if _MANAGER.search(position or "") else "company"
