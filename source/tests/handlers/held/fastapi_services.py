from typing import List, Optional

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, status
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlmodel import Field, Session, SQLModel, select

app = FastAPI()
posts = APIRouter(prefix="/posts", tags=["posts"])
bearer = HTTPBearer()


class Account(SQLModel, table=True):
    id: int = Field(primary_key=True)
    api_key: str


class Post(SQLModel, table=True):
    id: int = Field(primary_key=True)
    account_id: int = Field(foreign_key="account.id")
    title: str
    published: bool = False


class Comment(SQLModel, table=True):
    id: int = Field(primary_key=True)
    post_id: int = Field(foreign_key="post.id")
    body: str


class Topic(SQLModel, table=True):
    id: int = Field(primary_key=True)
    name: str


def get_session():
    with Session(engine) as session:
        yield session


async def current_account(
    credentials: HTTPAuthorizationCredentials = Depends(bearer), session: Session = Depends(get_session)
) -> Account:
    account = session.exec(select(Account).where(Account.api_key == credentials.credentials)).first()
    if account is None:
        raise HTTPException(status.HTTP_401_UNAUTHORIZED)
    return account


class PostRepository:
    def __init__(self, session: Session = Depends(get_session)):
        self.session = session

    def by_id(self, post_id: int) -> Optional[Post]:
        return self.session.exec(select(Post).where(Post.id == post_id)).first()

    def by_id_and_account(self, post_id: int, account_id: int) -> Optional[Post]:
        statement = select(Post).where(Post.id == post_id).where(Post.account_id == account_id)
        return self.session.exec(statement).first()

    def remove(self, post: Post) -> None:
        self.session.delete(post)
        self.session.commit()


class OwnPost:
    def __call__(self, post_id: int, account: Account = Depends(current_account), repo: PostRepository = Depends()):
        post = repo.by_id_and_account(post_id, account.id)
        if not post:
            raise HTTPException(404)
        return post


own_post = OwnPost()


def ensure_author(post: Post, account: Account):
    if post.account_id != account.id:
        raise HTTPException(status_code=status.HTTP_403_FORBIDDEN, detail="Not authorized")


# label: not_checked
@posts.get("/{post_id}")
def read(post_id: int, repo: PostRepository = Depends(), account: Account = Depends(current_account)):
    post = repo.by_id(post_id)
    if post is None:
        raise HTTPException(404)
    return post


# label: checked
@posts.get("/{post_id}/mine")
def read_mine(post_id: int, repo: PostRepository = Depends(), account: Account = Depends(current_account)):
    post = repo.by_id_and_account(post_id, account.id)
    if post is None:
        raise HTTPException(404)
    return post


# label: checked
@posts.delete("/{post_id}")
def remove(post: Post = Depends(own_post), repo: PostRepository = Depends()):
    repo.remove(post)
    return {"ok": True}


# label: checked
@posts.patch("/{post_id}")
def patch(post_id: int, title: str, account: Account = Depends(current_account), session: Session = Depends(get_session)):
    post = session.get(Post, post_id)
    if not post:
        raise HTTPException(404)
    ensure_author(post, account)
    post.title = title
    session.add(post)
    session.commit()
    return post


# label: not_checked
@posts.patch("/{post_id}/late")
def patch_late(post_id: int, title: str, account: Account = Depends(current_account), session: Session = Depends(get_session)):
    post = session.get(Post, post_id)
    post.title = title
    session.add(post)
    session.commit()
    ensure_author(post, account)
    return post


# label: checked
@posts.get("/{post_id}/public")
def read_public(post_id: int, account: Account = Depends(current_account), session: Session = Depends(get_session)):
    post = session.get(Post, post_id)
    if post is None or (not post.published and post.account_id != account.id):
        raise HTTPException(404)
    return post


# label: checked
@posts.get("/{post_id}/comments")
def comments(post: Post = Depends(own_post), session: Session = Depends(get_session)):
    return session.exec(select(Comment).where(Comment.post_id == post.id)).all()


# label: not_checked
@posts.delete("/{post_id}/comments/{comment_id}")
def delete_comment(comment_id: int, post: Post = Depends(own_post), session: Session = Depends(get_session)):
    comment = session.get(Comment, comment_id)
    if comment is None:
        raise HTTPException(404)
    session.delete(comment)
    session.commit()
    return {"ok": True}


# label: checked
@posts.delete("/{post_id}/tied/{comment_id}")
def delete_tied(comment_id: int, post: Post = Depends(own_post), session: Session = Depends(get_session)):
    comment = session.get(Comment, comment_id)
    if comment is None or comment.post_id != post.id:
        raise HTTPException(404)
    session.delete(comment)
    session.commit()
    return {"ok": True}


# label: not_applicable
@posts.get("/topics/{topic_id}")
def topic(topic_id: int, session: Session = Depends(get_session), account: Account = Depends(current_account)):
    return session.get(Topic, topic_id)


app.include_router(posts)
