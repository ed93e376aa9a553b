"""Offences of the FBI's NIBRS (2019): code, name, public category, and the flags that follow from the offence itself.

In the order in which one of several decides what the crime is called: what needs most care comes first, so that
nothing is made to look lighter than it is.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Offence:
    """An offence as the contract has it; `rank` decides among several, the lowest first."""

    rank: int
    code: str
    name: str
    category: str
    flags: tuple[str, ...] = ()


_TABLE = """
09A Murder and non-negligent manslaughter / violence-and-sexual-offences / homicide
09B Negligent manslaughter / violence-and-sexual-offences / homicide
09C Justifiable homicide / violence-and-sexual-offences / homicide
11A Rape / violence-and-sexual-offences / sexual_offence
11B Sodomy / violence-and-sexual-offences / sexual_offence
11C Sexual assault with an object / violence-and-sexual-offences / sexual_offence
11D Fondling / violence-and-sexual-offences / sexual_offence
36A Incest / violence-and-sexual-offences / sexual_offence
36B Statutory rape / violence-and-sexual-offences / sexual_offence child_victim
370 Pornography or obscene material / violence-and-sexual-offences / sexual_offence
360 Failure to register as a sex offender / other-crime / sexual_offence
64A Human trafficking, commercial sex acts / violence-and-sexual-offences / modern_slavery sexual_offence
64B Human trafficking, involuntary servitude / violence-and-sexual-offences / modern_slavery
40A Prostitution / other-crime / sexual_offence
40B Assisting or promoting prostitution / other-crime / sexual_offence
40C Purchasing prostitution / other-crime / sexual_offence
100 Kidnapping or abduction / violence-and-sexual-offences
13A Aggravated assault / violence-and-sexual-offences
13B Simple assault / violence-and-sexual-offences
13C Intimidation / violence-and-sexual-offences
120 Robbery / robbery
210 Extortion or blackmail / other-crime
200 Arson / criminal-damage-arson
220 Burglary or breaking and entering / burglary
240 Motor vehicle theft / vehicle-crime
23A Pocket-picking / theft-from-the-person
23B Purse-snatching / theft-from-the-person
23C Shoplifting / shoplifting
23D Theft from a building / other-theft
23E Theft from a coin-operated machine / other-theft
23F Theft from a motor vehicle / vehicle-crime
23G Theft of motor vehicle parts / vehicle-crime
23H All other larceny / other-theft
250 Counterfeiting or forgery / fraud
26A False pretences, swindle or confidence game / fraud
26B Credit card or cash machine fraud / fraud
26C Impersonation / fraud
26D Welfare fraud / fraud
26E Wire fraud / fraud
26F Identity theft / fraud
26G Hacking or computer invasion / fraud
26H Money laundering / fraud
270 Embezzlement / fraud
280 Stolen property offences / other-theft
290 Destruction, damage or vandalism / criminal-damage-arson
35A Drug offences / drugs
35B Drug equipment offences / drugs
39A Betting or wagering / other-crime
39B Operating or assisting gambling / other-crime
39C Gambling equipment offences / other-crime
39D Sports tampering / other-crime
510 Bribery / other-crime
520 Weapon law offences / possession-of-weapons
521 Violation of firearm laws / possession-of-weapons
522 Explosives / possession-of-weapons
526 Explosives / possession-of-weapons
720 Animal cruelty / other-crime
90C Disorderly conduct / public-order
90F Family offences, non-violent / other-crime / domestic_abuse
90J Trespass of real property / other-crime
90Z All other offences / other-crime
"""


def _read(table: str) -> dict[str, Offence]:
    found = {}
    for rank, line in enumerate(table.split("\n")[1:-1]):
        code, _, rest = line.partition(" ")
        name, category, *flags = (part.strip() for part in rest.split(" / "))
        found[code] = Offence(rank, code, name, category, tuple(flags[0].split()) if flags else ())
    return found


NIBRS = _read(_TABLE)
"""By code."""
