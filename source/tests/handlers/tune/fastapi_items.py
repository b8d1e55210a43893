from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException
from fastapi.security import OAuth2PasswordBearer
from jose import jwt
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy import ForeignKey

app = FastAPI()
router = APIRouter(prefix="/items")
oauth2_scheme = OAuth2PasswordBearer(tokenUrl="token")


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column()
    is_superuser: Mapped[bool] = mapped_column()


class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    title: Mapped[str] = mapped_column()


class Tag(Base):
    __tablename__ = "tags"
    id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str] = mapped_column()


class ItemUpdate(BaseModel):
    title: str


class Transfer(BaseModel):
    item_id: int
    amount: int


def get_db():
    db = SessionLocal()
    try:
        yield db
    finally:
        db.close()


def get_current_user(token: str = Depends(oauth2_scheme), db: Session = Depends(get_db)) -> User:
    payload = jwt.decode(token, "key", algorithms=["HS256"])
    user = db.query(User).filter(User.name == payload.get("sub")).first()
    if user is None:
        raise HTTPException(status_code=401)
    return user


CurrentUser = Annotated[User, Depends(get_current_user)]


def get_item(item_id: int, db: Session = Depends(get_db)) -> Item:
    item = db.get(Item, item_id)
    if item is None:
        raise HTTPException(status_code=404)
    return item


def get_owned_item(item_id: int, user: CurrentUser, db: Session = Depends(get_db)) -> Item:
    item = db.get(Item, item_id)
    if item is None or item.owner_id != user.id:
        raise HTTPException(status_code=404, detail="Item not found")
    return item


def check_item_owner(item: Item = Depends(get_item), user: User = Depends(get_current_user)) -> None:
    if item.owner_id != user.id:
        raise HTTPException(status_code=403)


# label: not_checked
@router.get("/{item_id}")
def read_item(item_id: int, user: CurrentUser, db: Session = Depends(get_db)):
    item = db.query(Item).filter(Item.id == item_id).first()
    if not item:
        raise HTTPException(status_code=404)
    return item


# label: checked
@router.get("/{item_id}/scoped")
def read_scoped(item_id: int, user: CurrentUser, db: Session = Depends(get_db)):
    statement = select(Item).where(Item.id == item_id, Item.owner_id == user.id)
    item = db.scalars(statement).first()
    if item is None:
        raise HTTPException(status_code=404)
    return item


# label: checked
@router.put("/{item_id}")
def update_item(data: ItemUpdate, item: Item = Depends(get_owned_item), db: Session = Depends(get_db)):
    item.title = data.title
    db.commit()
    return item


# label: checked
@router.delete("/{item_id}", dependencies=[Depends(check_item_owner)])
def delete_item(item: Item = Depends(get_item), db: Session = Depends(get_db)):
    db.delete(item)
    db.commit()
    return {"ok": True}


# label: not_checked
@router.post("/{item_id}/archive")
def archive_item(user: CurrentUser, item: Item = Depends(get_item), db: Session = Depends(get_db)):
    item.archived = True
    db.commit()
    return {"ok": True}


# label: checked
@router.get("/{item_id}/super")
async def read_super(item_id: int, current_user: CurrentUser, session: Session = Depends(get_db)):
    item = session.get(Item, item_id)
    if not item:
        raise HTTPException(status_code=404, detail="Item not found")
    if not current_user.is_superuser and (item.owner_id != current_user.id):
        raise HTTPException(status_code=403, detail="Not enough permissions")
    return item


# label: not_checked
@router.post("/transfer")
def transfer(body: Transfer, user: CurrentUser, db: Session = Depends(get_db)):
    item = db.query(Item).filter(Item.id == body.item_id).one()
    item.amount = item.amount - body.amount
    db.commit()
    return item


# label: not_applicable
@router.get("/tags/{tag_id}")
def read_tag(tag_id: int, user: CurrentUser, db: Session = Depends(get_db)):
    return db.get(Tag, tag_id)


# label: checked
@router.get("/")
def list_items(user: CurrentUser, skip: int = 0, db: Session = Depends(get_db)):
    return db.query(Item).filter(Item.owner_id == user.id).offset(skip).all()


# label: unknown
@router.get("/{item_id}/gateway")
def behind_gateway(item_id: int, x_user_id: int = Header(), db: Session = Depends(get_db)):
    item = db.get(Item, item_id)
    if item is None or item.owner_id != x_user_id:
        raise HTTPException(status_code=404)
    return item


# label: not_checked
@router.delete("/{item_id}/force")
def force_delete(item_id: int, user: CurrentUser, db: Session = Depends(get_db)):
    db.query(Item).filter(Item.id == item_id).delete()
    db.commit()
    return {"ok": True}


app.include_router(router)
