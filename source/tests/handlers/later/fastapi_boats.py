from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Path, status
from fastapi.security import OAuth2PasswordBearer
from sqlmodel import Field, Session, SQLModel, select

app = FastAPI()
router = APIRouter(prefix="/boats", tags=["boats"])
bearer = OAuth2PasswordBearer(tokenUrl="token")


class Sailor(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str


class Boat(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    skipper_id: int = Field(foreign_key="sailor.id")
    name: str


class Log(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    boat_id: int = Field(foreign_key="boat.id")
    text: str


def get_session():
    with Session(engine) as session:
        yield session


SessionDep = Annotated[Session, Depends(get_session)]


def get_current_sailor(token: Annotated[str, Depends(bearer)], session: SessionDep) -> Sailor:
    sailor = session.get(Sailor, decode(token)["sub"])
    if sailor is None:
        raise HTTPException(status_code=401)
    return sailor


CurrentSailor = Annotated[Sailor, Depends(get_current_sailor)]


def boat_of_caller(boat_id: Annotated[int, Path()], session: SessionDep, sailor: CurrentSailor) -> Boat:
    boat = session.get(Boat, boat_id)
    if boat is None:
        raise HTTPException(status_code=404)
    if boat.skipper_id != sailor.id:
        raise HTTPException(status_code=status.HTTP_403_FORBIDDEN)
    return boat


# label: checked
@router.get("/{boat_id}")
def read_boat(boat: Annotated[Boat, Depends(boat_of_caller)]):
    return boat


# label: not_checked
@router.patch("/{boat_id}")
def rename_boat(boat_id: int, name: str, session: SessionDep, sailor: CurrentSailor):
    boat = session.get(Boat, boat_id)
    if not boat:
        raise HTTPException(404)
    boat.name = name
    session.add(boat)
    session.commit()
    return boat


# label: checked
@router.get("/{boat_id}/logs/{log_id}")
def read_log(log_id: int, boat: Annotated[Boat, Depends(boat_of_caller)], session: SessionDep):
    log = session.exec(select(Log).where(Log.id == log_id, Log.boat_id == boat.id)).first()
    if log is None:
        raise HTTPException(404)
    return log


# label: not_checked
@router.delete("/{boat_id}/logs/{log_id}")
def drop_log(log_id: int, boat: Annotated[Boat, Depends(boat_of_caller)], session: SessionDep):
    log = session.get(Log, log_id)
    session.delete(log)
    session.commit()


# label: checked
@router.get("")
def list_boats(session: SessionDep, sailor: CurrentSailor):
    return session.exec(select(Boat).where(Boat.skipper_id == sailor.id)).all()


app.include_router(router)
